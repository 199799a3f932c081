import type { CachePolicy } from './kernel/cache-policy.interface.js';
import type { FlightRunner } from './kernel/flight-runner.js';
import type { CacheLoader } from './kernel/load-context.js';
import type { RefreshSource } from './kernel/refresh-outage.js';

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
