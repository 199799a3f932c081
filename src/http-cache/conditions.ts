import { isListed } from './entity-tag.js';
import { linesOf, trimmed, valueOf } from './fields.js';
import type { Fields, Head } from './fields.js';
import { parseHttpDate } from './http-date.js';

/** On what conditions a client wants an answer. */
export interface ClientConditions {
  readonly ifNoneMatch: string | undefined;
  readonly ifModifiedSince: string | undefined;
  /** `If-Match` or `If-Unmodified-Since`: for the backend to decide, which alone knows what it has now. */
  readonly isForBackend: boolean;
}

/** By which a client says what it has already. A shared call is made without: a 304 would serve that client alone (V4). */
export const CLIENT_CONDITIONS: ReadonlySet<string> = new Set([
  'if-none-match',
  'if-modified-since',
]);

/** The conditions of a request; `undefined` where there are none, as in most. */
export function conditionsOf(request: Fields): ClientConditions | undefined {
  const ifNoneMatch = conditionOf(request, 'if-none-match');
  const ifModifiedSince = conditionOf(request, 'if-modified-since');
  const isForBackend =
    linesOf(request, 'if-match').length > 0 || linesOf(request, 'if-unmodified-since').length > 0;
  return ifNoneMatch === undefined && ifModifiedSince === undefined && !isForBackend
    ? undefined
    : { ifNoneMatch, ifModifiedSince, isForBackend };
}

function conditionOf(request: Fields, name: string): string | undefined {
  const value = valueOf(request, name);
  return value === undefined ? undefined : trimmed(value);
}

/**
 * What a GET or HEAD with conditions gets of a stored answer (V3; RFC 9111, section 4.3.2): all of it, a 304,
 * or nothing, as the backend has to be asked. `If-None-Match` precedes; an answer other than 200 has no
 * conditions.
 *
 * @param receivedAt when the answer came, in milliseconds since 1970
 */
export function evaluate(
  conditions: ClientConditions,
  { status, fields }: Head,
  receivedAt: number,
): 'full' | 'not-modified' | 'forward' {
  const { ifNoneMatch, ifModifiedSince, isForBackend } = conditions;
  if (isForBackend) return 'forward';
  if (status !== 200) return 'full';
  const has =
    ifNoneMatch === undefined
      ? isUnmodifiedSince(fields, ifModifiedSince, receivedAt)
      : isAmong(fields, ifNoneMatch);
  return has ? 'not-modified' : 'full';
}

function isAmong(stored: Fields, tags: string): boolean {
  if (tags === '*') return true;
  const tag = valueOf(stored, 'etag');
  return tag !== undefined && isListed(trimmed(tag), tags);
}

/** A date that is none, or more than one, is no condition (RFC 9110, section 13.1.3). */
function isUnmodifiedSince(stored: Fields, date: string | undefined, receivedAt: number): boolean {
  const since = date === undefined ? undefined : parseHttpDate(date, receivedAt);
  if (since === undefined) return false;
  const changed =
    momentOf(stored, 'last-modified', receivedAt) ?? momentOf(stored, 'date', receivedAt);
  return (changed ?? receivedAt) <= since;
}

/** The moment that a field names; `undefined` where it is absent, repeated or no date. */
export function momentOf(fields: Fields, name: string, nowMs: number): number | undefined {
  const value = valueOf(fields, name);
  return value === undefined ? undefined : parseHttpDate(trimmed(value), nowMs);
}

/**
 * The fields of the 304 that stands for a stored answer: those that RFC 9110, section 15.4.5 names, and
 * those that tell other caches how long it is fresh.
 */
export function notModifiedFields(stored: Fields): string[] {
  const hasTag = linesOf(stored, 'etag').length > 0;
  const told: string[] = [];
  for (let at = 1; at < stored.length; at += 2) {
    const name = stored[at - 1] as string;
    if (isToldBy304(name.toLowerCase(), hasTag)) told.push(name, stored[at] as string);
  }
  return told;
}

/** Whether a 304 has the field `name`, in lower case, of the answer that it stands for, which has an entity tag or not. */
export function isToldBy304(name: string, hasTag: boolean): boolean {
  if (name === 'last-modified') return !hasTag;
  return TOLD.has(name) || name.endsWith('-cache-control');
}

const TOLD: ReadonlySet<string> = new Set([
  ...['cache-control', 'content-location', 'date', 'etag', 'expires', 'vary'],
]);
