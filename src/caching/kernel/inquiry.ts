import type { CachePolicy } from './cache-policy.js';
import type { FlightRunner } from './flight-runner.js';
import type { CacheLoader } from './load-outcome.js';
import type { RefreshSource } from './refresh-outage.js';

/** One look-up, as the cache carries it through its steps. */
export interface Inquiry<T> {
  /** Text of the key. */
  readonly key: string;
  readonly load: CacheLoader<T>;
  readonly policy: CachePolicy;
  readonly tags: readonly string[];
  readonly flights: FlightRunner;
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number | undefined;
  readonly backend: RefreshSource['backend'];
  /** Epoch in which it was made: nothing that was invalidated before that may answer it. */
  readonly epoch: number;
}
