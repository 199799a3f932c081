import type { Place } from '../../collections/index.js';
import { Deferred } from './deferred.js';
import type { DeadlineQueue } from './deadline-queue.js';
import type { Flight, Passenger } from './flight.js';
import type { FlightEnding } from './flight-ending.js';
import type { Loader } from './flight-context.js';

/** Told that the signal of a caller has aborted. */
export type OnCallerAborted = (caller: Caller, reason: unknown) => void;

const ONCE = { once: true } as const;

/**
 * A caller who may leave, gets a value of its own, or waits inside another flight's loader. Callers who
 * do none of this need no record: they share their flight's promise.
 */
export class Caller extends Deferred implements Passenger {
  flight!: Flight;
  leads = false;
  retried = false;
  /** When its own `timeoutMs` ends, on the monotonic clock. */
  deadline = Infinity;
  /** Where it stands in {@link watch}. */
  place: Place<unknown> | undefined = undefined;
  /** Where its deadline is watched. */
  watch: DeadlineQueue<Caller> | undefined = undefined;

  constructor(
    readonly load: Loader<unknown> | undefined,
    readonly inside: Flight | undefined,
    private readonly signal: AbortSignal | undefined,
    /** How long it is ready to wait, in milliseconds. */
    readonly timeoutMs: number,
    private readonly onAborted: OnCallerAborted,
  ) {
    super();
    signal?.addEventListener('abort', this, ONCE);
    if (inside) (inside.awaiting ??= new Set()).add(this);
  }

  finish(ending: FlightEnding): void {
    this.signal?.removeEventListener('abort', this);
    this.watch?.delete(this);
    this.inside?.awaiting?.delete(this);
    this.settle(ending);
  }

  /** Its signal has aborted. It listens itself: a closure for each caller would be made for nothing. */
  handleEvent(): void {
    this.onAborted(this, this.signal?.reason);
  }
}
