import type { BackendAnswer } from '../backend/index.js';
import {
  BackendUnavailableError,
  headerOf,
  receivedHeaderOf,
  retryAfterMsOf,
} from '../backend/index.js';
import { LoadOutcome } from '../caching/index.js';
import { renewedAnswer } from './renewed-answer.js';
import { mayBeShared } from './sharing.js';
import type { AnswerMarks } from './sharing.js';
import { sizeOfAnswer } from './size-of-answer.js';

/** Statuses that say that the backend cannot answer just now, and nothing of what it would answer. */
const FAILURES: ReadonlySet<number> = new Set([408, 425, 429]);

/**
 * What an answer of the backend means for the cache. `keyedHeaders` are the request headers, in lower
 * case, that the key covers; `previous` is the answer that the call has asked to renew, if it did;
 * `ageMs` is how long ago it was born, in milliseconds.
 */
export function outcomeOf(
  answer: BackendAnswer,
  keyedHeaders: ReadonlySet<string>,
  tags: readonly string[],
  previous?: BackendAnswer,
  ageMs = 0,
): LoadOutcome<BackendAnswer> {
  const { status } = answer;
  const renewed = status === 304 && previous ? renewedAnswer(previous, answer) : undefined;
  const shared = mayBeShared(marksOf(answer), keyedHeaders);
  if (FAILURES.has(status)) {
    const retryAfterMs = retryAfterMsOf(headerOf(answer, 'retry-after'));
    const instead = shared ? LoadOutcome.uncacheable(answer) : LoadOutcome.unshared(answer);
    return LoadOutcome.failed(
      new BackendUnavailableError(`status ${status}`, retryAfterMs),
      instead,
    );
  }
  if (!shared) {
    // A 304 speaks of the answer that was kept: it is what its caller gets, and nobody else any more.
    return LoadOutcome.unshared(renewed ? { ...renewed, cookies: answer.cookies } : answer);
  }
  if (renewed) {
    const sizeBytes = sizeOfAnswer(renewed);
    const facts = { tags, ageMs, etag: headerOf(renewed, 'etag'), sizeBytes };
    return LoadOutcome.notModified(facts, renewed === previous ? undefined : renewed);
  }
  const facts = { tags, ageMs, sizeBytes: sizeOfAnswer(answer) };
  // Without its tag: conditions are for what is there (RFC 9110, section 13.2.1).
  if (status === 404 || status === 410) return LoadOutcome.negative(answer, facts);
  if (status >= 200 && status < 300 && status !== 206) {
    return LoadOutcome.keep(answer, { ...facts, etag: headerOf(answer, 'etag') });
  }
  return LoadOutcome.uncacheable(answer);
}

/** What an answer says about who may have it. */
export function marksOf(answer: BackendAnswer): AnswerMarks {
  return {
    cacheControl: receivedHeaderOf(answer, 'cache-control'),
    vary: receivedHeaderOf(answer, 'vary'),
    hasSetCookie: answer.cookies.length > 0 || receivedHeaderOf(answer, 'set-cookie') !== undefined,
  };
}
