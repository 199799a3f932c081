import type { AnswerControl } from './cache-control.js';
import { itemsOf, linesOf, valueOf } from './fields.js';
import type { Head } from './fields.js';
import { mayBeGuessed } from './freshness.js';
import type { Freshness, Heuristic, Trust } from './freshness.js';
import { varyNames } from './vary.js';

/** What of a request decides whether its answer may be kept. */
export interface AskedWith {
  readonly method: string;
  readonly authorization: boolean;
  /** But for cookies that the rule ignores. */
  readonly cookie: boolean;
  readonly range: boolean;
  /** Absolute: what was asked for. */
  readonly uri: string;
}

/**
 * Why an answer is not kept.
 *
 * - `status`: it is no final answer of its own (1xx, 304), or must not be kept (428, 429, 431, 511)
 * - `method`: neither GET, nor a POST that says what it answers for and for how long
 * - `partial`: 206, 416, or several parts in one
 * - `must-understand`: it asks for that, of a status that is not understood
 * - `no-store`, `private`: it says so
 * - `vary-star`: it says so, or varies by what is no name, or by too many names
 * - `set-cookie`, `cookie`, `authorization`: it sets or answers credentials, and does not say that it is for everybody
 * - `no-freshness`: it does not say for how long, and there is nothing to guess by or to validate with
 */
export type NotStored =
  | 'status'
  | 'method'
  | 'partial'
  | 'must-understand'
  | 'no-store'
  | 'private'
  | 'vary-star'
  | 'set-cookie'
  | 'authorization'
  | 'cookie'
  | 'no-freshness';

/** What the head of an answer means to those who have asked, and to those who will. */
export interface Verdict {
  /** It may be kept, whole and as far as it fits. */
  readonly store: boolean;
  /** Those who asked before its head was there may have it: it was made after they asked. */
  readonly share: boolean;
  /** Why it is not kept; `undefined` where it is. */
  readonly because: NotStored | undefined;
  /** The next ones go to the backend side by side: the answer itself, and not only who asked, forbids sharing. */
  readonly marks: boolean;
  /** Fields that only the leader may have, in lower case: left out of what is kept and shared. */
  readonly withheld: readonly string[];
  /** Fields that are kept, in lower case, but left out of hits until a validation has confirmed them. */
  readonly omitted: readonly string[];
}

/** What may be guessed of the answer to this request: nothing where it has credentials, but for `rfc`. */
export function heuristicFor(
  asked: AskedWith,
  trust: Trust,
  heuristic: Heuristic | undefined,
): Heuristic | undefined {
  return trust === 'guarded' && (asked.authorization || asked.cookie) ? undefined : heuristic;
}

/**
 * Judges an answer by its head, once for all (RFC 9111, section 3): after a validation again, by the head
 * that has come of it.
 *
 * @param trust `guarded` keeps no answer with `Set-Cookie` or to a `Cookie` unless it says that it is for
 *   everybody, though RFC 9111 (section 7.3) would
 */
export function verdictOf(
  asked: AskedWith,
  head: Head,
  control: AnswerControl,
  freshness: Freshness,
  trust: Trust,
): Verdict {
  const fields = fieldsOf(control, trust);
  const reads = asked.method === 'GET' || asked.method === 'HEAD';
  const alone = (because: NotStored, marks: boolean): Verdict => ({
    store: false,
    share: false,
    because,
    marks: marks && reads,
    withheld: fields.withheld,
    omitted: fields.omitted,
  });
  const shared = (because: NotStored | undefined): Verdict => ({
    store: because === undefined,
    share: reads,
    because,
    marks: false,
    withheld: fields.withheld,
    omitted: fields.omitted,
  });

  if (head.status < 200 || head.status === 304) return alone('status', false);
  if (isPartial(head)) return alone('partial', !asked.range);
  const forbidden = forbiddenBy(head, control, fields.withheld, trust);
  if (forbidden !== undefined) return alone(forbidden, true);
  if (asked.authorization && !isForAuthorized(control)) return alone('authorization', false);
  if (asked.cookie && trust === 'guarded' && !isForAnyCookie(head, control)) {
    return alone('cookie', false);
  }
  if (NEVER_KEPT.has(head.status)) return shared('status');
  if (!isKeptFor(asked, head, freshness)) return shared('method');
  return shared(hasUse(head, control, freshness) ? undefined : 'no-freshness');
}

/** "Responses with this status code MUST NOT be stored by a cache" (RFC 6585). */
const NEVER_KEPT: ReadonlySet<number> = new Set([428, 429, 431, 511]);

/** Parts are passed, and not put together (RFC 9111, sections 3.3 and 3.4). */
function isPartial({ status, fields }: Head): boolean {
  return (
    status === 206 ||
    status === 416 ||
    /^multipart\/byteranges[ \t]*(;|$)/i.test(valueOf(fields, 'content-type') ?? '')
  );
}

/** What the answer itself says against being kept, whoever has asked. */
function forbiddenBy(
  head: Head,
  control: AnswerControl,
  withheld: readonly string[],
  trust: Trust,
): NotStored | undefined {
  if (control.mustUnderstand && !UNDERSTOOD.has(head.status)) return 'must-understand';
  // Whoever understands the status ignores it (RFC 9111, section 5.2.2.3).
  if (control.noStore && !control.mustUnderstand) return 'no-store';
  if (control.isPrivate) return 'private';
  if (varyNames(head.fields) === '*') return 'vary-star';
  const setsCookies =
    linesOf(head.fields, 'set-cookie').length > 0 && !withheld.includes('set-cookie');
  return trust === 'guarded' && setsCookies && !isForEverybody(control) ? 'set-cookie' : undefined;
}

/** The statuses of which the whole meaning for caches is known here (RFC 9110, section 15; RFC 6585; RFC 7725). */
const UNDERSTOOD: ReadonlySet<number> = new Set([
  ...[200, 201, 202, 203, 204, 205],
  ...[300, 301, 302, 303, 305, 307, 308],
  ...[400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 417],
  ...[421, 422, 426, 428, 429, 431, 451],
  ...[500, 501, 502, 503, 504, 505, 511],
]);

/** RFC 9111, section 3.5. */
function isForAuthorized({ isPublic, sMaxage, mustRevalidate }: AnswerControl): boolean {
  return isPublic || sMaxage !== undefined || mustRevalidate;
}

/** It says that it is meant for shared caches, and so that nothing of it is for one reader alone. */
function isForEverybody({ isPublic, sMaxage, maxAge, targeted }: AnswerControl): boolean {
  return isPublic || sMaxage !== undefined || (targeted && maxAge !== undefined);
}

function isForAnyCookie(head: Head, control: AnswerControl): boolean {
  return (
    isForEverybody(control) ||
    itemsOf(head.fields, 'vary').some((name) => name.toLowerCase() === 'cookie')
  );
}

/** A POST is kept for a GET of what it says that it represents (RFC 9110, section 9.3.3). */
function isKeptFor({ method, uri }: AskedWith, { fields }: Head, { by }: Freshness): boolean {
  if (method !== 'POST') return method === 'GET';
  const location = valueOf(fields, 'content-location');
  return location !== undefined && isExplicit(by) && isSame(location, uri);
}

function isExplicit(by: Freshness['by']): boolean {
  return by === 's-maxage' || by === 'max-age' || by === 'expires';
}

function isSame(reference: string, uri: string): boolean {
  return URL.canParse(reference, uri) && new URL(reference, uri).href === new URL(uri).href;
}

/** Whether it can be used again at all: for a while, or when it has been validated. */
function hasUse({ status, fields }: Head, control: AnswerControl, { by }: Freshness): boolean {
  if (by !== 'none') return true;
  const validates =
    linesOf(fields, 'etag').length > 0 || linesOf(fields, 'last-modified').length > 0;
  return validates && (control.noCache || mayBeGuessed(status, control));
}

/** What is named as private is never kept (RFC 9111, section 5.2.2.7), what needs validation is not sent without. */
function fieldsOf(
  { privateFields, noCacheFields }: AnswerControl,
  trust: Trust,
): Pick<Verdict, 'withheld' | 'omitted'> {
  if (privateFields.length === 0 && noCacheFields.length === 0) return NO_FIELDS;
  const isWithheld = (name: string): boolean =>
    privateFields.includes(name) || (trust === 'guarded' && name === 'set-cookie');
  return {
    withheld: [...new Set([...privateFields, ...noCacheFields.filter(isWithheld)])],
    omitted: noCacheFields.filter((name) => !isWithheld(name)),
  };
}

const NO_FIELDS = Object.freeze({ withheld: Object.freeze([]), omitted: Object.freeze([]) });
