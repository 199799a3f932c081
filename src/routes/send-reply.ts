import type { ServerResponse } from 'node:http';
import { sendAnswer } from '../http/index.js';
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

/** Writes a route's reply: the answer as it is, with `Cache-Status` and `Age`. */
export function sendReply(response: ServerResponse, reply: RouteReply): void {
  if (response.destroyed || response.headersSent) return;
  const { answer, ageSeconds, coalescer } = reply;
  if (coalescer !== undefined) nameCoalescer(response, coalescer);
  response.setHeader('Cache-Status', reply.cacheStatus);
  if (ageSeconds !== undefined) response.setHeader('Age', ageSeconds);
  if (answer.status >= 400) response.setHeader('Cache-Control', NOT_TO_BE_KEPT);
  if (answer.cookies.length > 0) response.setHeader('Set-Cookie', answer.cookies);
  sendAnswer(response, answer);
}

function nameCoalescer(response: ServerResponse, coalescer: string): void {
  // By way of UTF-8, in which there is no half of a character that could not be encoded.
  const name = encodeURIComponent(Buffer.from(coalescer).toString());
  if (name.length <= MAX_NAME_LENGTH) response.setHeader(COALESCER_NAME_HEADER, name);
}
