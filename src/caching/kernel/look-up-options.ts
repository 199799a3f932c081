import {
  OptionReader,
  aSignal,
  anyMs,
  anyText,
  numberFrom,
  objectWith,
  patienceMs,
  rule,
  texts,
} from '../../ground/index.js';
import { CacheMoment } from './cache-moment.js';
import { CACHE_POLICY_OPTIONS } from './cache-policy.js';
import type { CachePolicyOptions } from './cache-policy.js';
import type { FlightRunner } from './flight-runner.js';

/**
 * What one caller may ask for. The policy members differ from the cache's policy for the value that
 * this call stores, if it does; callers of one key should agree on them.
 */
export interface LookUpOptions extends CachePolicyOptions {
  /** Releases this caller when it aborts, with the signal's reason; the others are unaffected. */
  readonly signal?: AbortSignal | undefined;
  /** How long this caller waits, in milliseconds, or `Infinity`. A stale value replaces the timeout if it may. */
  readonly timeoutMs?: number | undefined;
  /** What the value can be invalidated by, beside what the loader says. */
  readonly tags?: readonly string[] | undefined;
  /** Who coalesces this key, in place of the module's runner. Always the same one for a key. */
  readonly flights?: FlightRunner | undefined;
  /**
   * What the value comes from, by its name or a function that tells it when it is wanted: caches with one
   * backend tell of its failures once, and not each for itself.
   * @default the cache's own
   */
  readonly backend?: string | (() => string) | undefined;
}

/** What is said about a value that is put into the cache. */
export interface SetOptions extends CachePolicyOptions {
  /** What it can be invalidated by, beside its key. */
  readonly tags?: readonly string[] | undefined;
  /** Its entity tag. */
  readonly etag?: string | undefined;
  /** Its age, in milliseconds; below 0 as 0. @default 0 */
  readonly ageMs?: number | undefined;
  /**
   * When you asked its source for it, by `moment()`. It is then kept as a loader's value would be: not
   * if it was invalidated, or something newer was stored, since. Its age counts from there.
   * @default none: the value is the newest there is, and ends whatever was under way
   */
  readonly asOf?: CacheMoment | undefined;
  /** The memory it takes, in bytes. Estimated where it is left out. */
  readonly sizeBytes?: number | undefined;
  /** Who coalesces this key, where its look-ups name somebody: values are shared as there. */
  readonly flights?: FlightRunner | undefined;
}

/** What brings many calls for one key together. */
export const aFlightRunner = objectWith('run', 'forget');

export const LOOK_UP_OPTIONS = new OptionReader<LookUpOptions>(
  {
    ...CACHE_POLICY_OPTIONS.rules,
    signal: aSignal,
    timeoutMs: patienceMs(),
    tags: texts,
    flights: aFlightRunner,
    backend: rule(
      'text, or a function that gives it',
      (value) => typeof value === 'string' || typeof value === 'function',
    ),
  },
  CACHE_POLICY_OPTIONS.relations,
);

export const SET_OPTIONS = new OptionReader<SetOptions>(
  {
    ...CACHE_POLICY_OPTIONS.rules,
    tags: texts,
    etag: anyText,
    ageMs: anyMs(),
    asOf: rule('a moment, as moment() gives it', (value) => value instanceof CacheMoment),
    sizeBytes: numberFrom(0),
    flights: aFlightRunner,
  },
  CACHE_POLICY_OPTIONS.relations,
);
