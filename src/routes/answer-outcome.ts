import {
  BackendUnavailableError,
  headerOf,
  receivedHeaderOf,
  retryAfterMsOf,
} from '../backend/index.js';
import type { BackendAnswer, HeaderList } from '../backend/index.js';
import { LoadOutcome } from '../caching/index.js';
import { deltaSeconds, trimmed } from '../http-cache/index.js';
import { isAskable, renewedAnswer } from './conditions.js';
import { forbidsReuse, marksOf, mayBeShared } from './may-be-shared.js';

/** Statuses that say that the backend cannot answer just now, and nothing of what it would answer. */
const FAILURES: ReadonlySet<number> = new Set([408, 425, 429]);

/** What the call that brought an answer was. */
export interface AnsweredCall {
  /** The answer that it has asked to renew, if it did. */
  readonly previous?: BackendAnswer | undefined;
  /** How long ago it was made, in milliseconds. @default 0 */
  readonly elapsedMs?: number;
  /** Whether an answer that says `no-cache` is used again without asking. @default false */
  readonly trustTtl?: boolean | undefined;
}

/**
 * What an answer of the backend means for the cache. One that says `no-cache` is kept for its entity tag
 * or its date alone, so that each reuse asks the backend first; without either there is nothing to ask by,
 * and it is not kept.
 *
 * @param keyedHeaders names of request headers, in lower case, that the key covers
 */
export function outcomeOf(
  answer: BackendAnswer,
  keyedHeaders: ReadonlySet<string>,
  tags: readonly string[],
  { previous, elapsedMs = 0, trustTtl = false }: AnsweredCall = {},
): LoadOutcome<BackendAnswer> {
  const { status } = answer;
  const marks = marksOf(answer);
  const shared = mayBeShared(marks, keyedHeaders);
  if (FAILURES.has(status)) {
    const retryAfterMs = retryAfterMsOf(headerOf(answer, 'retry-after'));
    const instead = shared ? LoadOutcome.uncacheable(answer) : LoadOutcome.unshared(answer);
    return LoadOutcome.failed(
      new BackendUnavailableError(`status ${status}`, retryAfterMs),
      instead,
    );
  }
  const renewed = status === 304 && previous ? renewedAnswer(previous, answer) : undefined;
  if (!shared) {
    // A 304 speaks of the answer that was kept: it is what its caller gets, and nobody else any more.
    return LoadOutcome.unshared(renewed ? { ...renewed, cookies: answer.cookies } : answer);
  }
  const kept = renewed ?? answer;
  const cacheControl = renewed ? receivedHeaderOf(renewed, 'cache-control') : marks.cacheControl;
  const revalidate = !trustTtl && forbidsReuse(cacheControl);
  const facts = {
    tags,
    // Born when it was asked for, or before (RFC 9111, section 4.2.3).
    ageMs: elapsedMs + ageMsOf(answer),
    sizeBytes: sizeOfAnswer(kept),
    ...(revalidate && { revalidate }),
  };
  if (renewed) {
    const told = { ...facts, etag: headerOf(renewed, 'etag') };
    return LoadOutcome.notModified(told, renewed === previous ? undefined : renewed);
  }
  // Without its tag: conditions are for what is there (RFC 9110, section 13.2.1).
  if (status === 404 || status === 410) {
    return revalidate ? LoadOutcome.uncacheable(answer) : LoadOutcome.negative(answer, facts);
  }
  if (status < 200 || status >= 300 || status === 206) return LoadOutcome.uncacheable(answer);
  return revalidate && !isAskable(answer)
    ? LoadOutcome.uncacheable(answer)
    : LoadOutcome.keep(answer, { ...facts, etag: headerOf(answer, 'etag') });
}

/**
 * How old an answer was when the backend sent it, in milliseconds, as its `Age` says (RFC 9111, section
 * 5.1); of a list the first counts. 0 without a valid one.
 */
export function ageMsOf(answer: BackendAnswer): number {
  const age = headerOf(answer, 'age');
  if (age === undefined) return 0;
  const [first = ''] = age.split(',');
  return (deltaSeconds(trimmed(first)) ?? 0) * 1_000;
}

/** Objects and lists of an answer, and of the entry around it, measured on Node 20. */
const ANSWER_BYTES = 832;

/** A field beside its text: a pair, its place in the list, and the heads of two strings. */
const FIELD_BYTES = 104;

/** Memory that a kept answer takes, in bytes: its body and its fields. */
export function sizeOfAnswer({ headers, withheld = [], body }: BackendAnswer): number {
  return ANSWER_BYTES + body.length + sizeOfFields(headers) + sizeOfFields(withheld);
}

/** Text of fields has one byte a character. */
function sizeOfFields(fields: HeaderList): number {
  let bytes = 0;
  for (const [name, value] of fields) bytes += FIELD_BYTES + name.length + value.length;
  return bytes;
}
