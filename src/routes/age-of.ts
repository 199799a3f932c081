import type { BackendAnswer } from '../backend/index.js';
import { headerOf } from '../backend/index.js';

/** The largest age that is told apart, as of any delta-seconds (RFC 9111, section 1.2.2). */
const OLDEST_SECONDS = 2 ** 31;

/**
 * How old an answer was when the backend sent it, in milliseconds, as its `Age` says (RFC 9111, section
 * 5.1); of a list the first counts. 0 without a valid one.
 */
export function ageMsOf(answer: BackendAnswer): number {
  const [, seconds] = /^(\d+)[ \t]*(?:,|$)/.exec(headerOf(answer, 'age') ?? '') ?? [];
  return seconds === undefined ? 0 : Math.min(Number(seconds), OLDEST_SECONDS) * 1_000;
}
