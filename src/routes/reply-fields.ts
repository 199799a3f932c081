import type { HeaderList } from '../backend/index.js';
import type { RouteReply } from './route-responder.service.js';

/**
 * What load balancers may hash on, so that requests that share flights meet in one process: sent with
 * the answer, percent-encoded, for whoever asks again.
 */
export const COALESCER_NAME_HEADER = 'X-Coalescer-Name';

/** Longer names are left out: headers have bounds of their own. */
const MAX_NAME_LENGTH = 1_024;

/** Announced with an answer that is no success, whatever the backend said: it is not to be kept. */
const NOT_TO_BE_KEPT = 'no-store';

/** The header fields that a route adds to an answer, or has in place of the answer's. */
export function replyFields(reply: RouteReply): HeaderList {
  const { answer, ageSeconds, cacheStatus, coalescer } = reply;
  const fields: [name: string, value: string][] = [['Cache-Status', cacheStatus]];
  const name = coalescer === undefined ? undefined : percentEncoded(coalescer);
  if (name !== undefined && name.length <= MAX_NAME_LENGTH)
    fields.push([COALESCER_NAME_HEADER, name]);
  if (ageSeconds !== undefined) fields.push(['Age', String(ageSeconds)]);
  if (answer.status >= 400) fields.push(['Cache-Control', NOT_TO_BE_KEPT]);
  for (const cookie of answer.cookies) fields.push(['Set-Cookie', cookie]);
  return fields;
}

/** By way of UTF-8, in which there is no half of a character that could not be encoded. */
function percentEncoded(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString());
}
