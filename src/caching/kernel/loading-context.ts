import type { Clock } from '../../clock/index.js';
import type { CacheEntry } from './cache-entry.js';
import type { RunningFlight } from './flight-runner.js';
import type { LoadContext } from './load-outcome.js';

/** The context of a loading's one call. */
export class LoadingContext<T> implements LoadContext<T> {
  readonly previous: T | undefined;
  readonly etag: string | undefined;
  /** What the loader has left for those aboard. */
  noted: unknown = undefined;
  private readonly flight: RunningFlight;
  private readonly clock: Clock;
  private readonly calledAt: number;

  constructor(flight: RunningFlight, previous: CacheEntry | undefined, clock: Clock) {
    this.previous = previous?.value as T | undefined;
    this.etag = previous?.etag;
    this.flight = flight;
    this.clock = clock;
    this.calledAt = clock.monotonic();
  }

  get elapsedMs(): number {
    return this.clock.monotonic() - this.calledAt;
  }

  note(note: unknown): void {
    this.noted = note;
  }

  /** Read when asked for: making a signal costs more than many a load. */
  get signal(): AbortSignal {
    return this.flight.signal;
  }
}
