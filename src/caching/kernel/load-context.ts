import type { LoadOutcome } from './load-outcome.js';

/** What a loader knows about the call it makes. Read its members from it: the signal is made on first use. */
export interface LoadContext<T> {
  /** Aborts when nobody wants the value any more, or its flight has timed out. */
  readonly signal: AbortSignal;
  /** The stored value that is to be replaced, if there is one. Never change it: others may hold it. */
  readonly previous: T | undefined;
  /** Entity tag of {@link previous}: send it as `If-None-Match` (RFC 9110 section 13.1.2). */
  readonly etag: string | undefined;
  /**
   * Milliseconds since the loader was called, by the cache's clock. As `ageMs` of an outcome it has the
   * value be born when it was asked for, and not when it had come (RFC 9111 section 4.2.3).
   */
  readonly elapsedMs: number;
  /**
   * Leaves word for everyone aboard the flight, such as the id of the call: they find it in their
   * `CacheResult.note`, also where a stale value stands in for the call that has failed. Plain data, and not
   * kept with the value.
   */
  note(note: unknown): void;
}

/** Computes the value of a key. */
export type CacheLoader<T> = (
  context: LoadContext<T>,
) => T | LoadOutcome<T> | Promise<T | LoadOutcome<T>>;
