import type { BackendAnswer } from '../backend/index.js';
import type { CacheResult, PreparedKey } from '../caching/index.js';
import { prepareAnswer } from '../http/index.js';
import type { PreparedAnswer, Served } from '../http/index.js';
import { cacheStatus } from '../http-cache/index.js';
import { saidAgainst } from './may-be-shared.js';

/**
 * What load balancers may hash on, so that requests that share flights meet in one process: sent with
 * the answer, percent-encoded, for whoever asks again.
 */
export const COALESCER_NAME_HEADER = 'X-Coalescer-Name';

/** Longer names are left out: headers have bounds of their own. */
const MAX_NAME_LENGTH = 1_024;

/** Announced with an answer that is no success, whatever the backend said: it is not to be kept. */
const NOT_TO_BE_KEPT = 'no-store';

/** What a route answers, and how it came about. */
export interface RouteReply {
  readonly answer: BackendAnswer;
  /** Value of `Cache-Status`. */
  readonly cacheStatus: string;
  /** The same in one word. */
  readonly served: Served;
  /** Whole seconds since the answer's birth; absent where it was made for this request. */
  readonly ageSeconds?: number;
  /** Name of the coalescer that requests of its kind share, where the route names one. */
  readonly coalescer?: string | undefined;
  /** Where memory held it, and nothing but the request target decides the key: that key. */
  readonly hotKey?: PreparedKey;
}

/**
 * The value of `Cache-Status` for what the cache has given (RFC 9211).
 *
 * @param keyedHeaders names of request headers, in lower case, that the key covers
 */
export function cacheStatusOf(
  result: CacheResult<BackendAnswer>,
  keyedHeaders: ReadonlySet<string> = NO_HEADERS,
): string {
  const { served, ttlMs, staleBecause, stored, value } = result;
  if (served === 'hit') return cacheStatus({ hit: true, ttlS: ttlMs / 1_000 });
  if (served === 'stale') {
    const detail = staleBecause === 'error' ? 'stale-if-error' : 'stale-while-revalidate';
    return cacheStatus({ hit: true, ttlS: ttlMs / 1_000, detail });
  }
  const detail = unstoredDetail(result, keyedHeaders);
  return served === 'miss'
    ? cacheStatus({ fwd: 'uri-miss', fwdStatus: value.status, stored, detail })
    : cacheStatus({ fwd: 'uri-miss', collapsed: true, detail });
}

const NO_HEADERS: ReadonlySet<string> = new Set();

/**
 * Why an answer was not kept; `undefined` where there is nothing to tell: it was kept, or comes from the
 * cache. `invalidated`: what it was made of was, while it was on its way, or the process that made the call
 * has not kept it.
 */
function unstoredDetail(
  { unstored, value }: CacheResult<BackendAnswer>,
  keyedHeaders: ReadonlySet<string>,
): string | undefined {
  switch (unstored) {
    case undefined:
    case 'too-large':
    case 'no-room':
      return unstored;
    case 'overtaken':
      return 'invalidated';
    case 'unshared':
    case 'uncacheable':
      return (
        saidAgainst(value, keyedHeaders) ?? (unstored === 'unshared' ? 'private' : 'invalidated')
      );
  }
}

/**
 * A reply as it is written: the answer as it is, with the fields that a route adds to it, or has in place
 * of the answer's.
 *
 * @param first names and values, in turn, of fields that go before all others
 */
export function prepareReply(
  {
    answer,
    ageSeconds,
    cacheStatus,
    coalescer,
  }: Pick<RouteReply, 'answer' | 'ageSeconds' | 'cacheStatus' | 'coalescer'>,
  first: readonly string[] = [],
): PreparedAnswer {
  const own = [...first, 'Cache-Status', cacheStatus];
  own.push(...coalescerFields(coalescer));
  if (ageSeconds !== undefined) own.push('Age', String(ageSeconds));
  if (answer.status >= 400) own.push('Cache-Control', NOT_TO_BE_KEPT);
  for (const cookie of answer.cookies) own.push('Set-Cookie', cookie);
  return prepareAnswer(answer, own);
}

/** The field that tells the name of a coalescer, where there is one that is not too long. */
export function coalescerFields(coalescer: string | undefined): readonly string[] {
  const name = coalescer === undefined ? undefined : percentEncoded(coalescer);
  return name === undefined || name.length > MAX_NAME_LENGTH ? NONE : [COALESCER_NAME_HEADER, name];
}

const NONE: readonly string[] = [];

/** By way of UTF-8, in which there is no half of a character that could not be encoded. */
function percentEncoded(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString());
}
