import type { Place } from '../../collections/index.js';
import { AbortWatch } from '../../ground/index.js';
import type { AbortPlace, AbortWaiter } from '../../ground/index.js';
import { Deferred } from './deferred.js';
import type { DeadlineQueue } from './deadline-queue.js';
import type { Flight, Passenger } from './flight.js';
import type { FlightEnding } from './flight-ending.js';
import type { Loader } from './flight-context.js';

/** Told that the signal of a caller has aborted. */
export type OnCallerAborted = (caller: Caller, reason: unknown) => void;

/**
 * A caller who may leave, gets a value of its own, or waits inside another flight's loader. Callers who
 * do none of this need no record: they share their flight's promise.
 */
export class Caller extends Deferred implements Passenger, AbortWaiter {
  flight!: Flight;
  leads = false;
  retried = false;
  /** When its own `timeoutMs` ends, on the monotonic clock. */
  deadline = Infinity;
  /** Where it stands in {@link watch}. */
  place: Place<unknown> | undefined = undefined;
  /** Where its deadline is watched. */
  watch: DeadlineQueue<Caller> | undefined = undefined;
  private readonly aborts: AbortWatch | undefined = undefined;
  private readonly abortPlace: AbortPlace | undefined = undefined;

  constructor(
    readonly load: Loader<unknown> | undefined,
    readonly inside: Flight | undefined,
    signal: AbortSignal | undefined,
    /** How long it is ready to wait, in milliseconds. */
    readonly timeoutMs: number,
    private readonly onAborted: OnCallerAborted,
  ) {
    super();
    if (signal) {
      this.aborts = AbortWatch.of(signal);
      this.abortPlace = this.aborts.add(this);
    }
    if (inside) (inside.awaiting ??= new Set()).add(this);
  }

  finish(ending: FlightEnding): void {
    if (this.abortPlace) this.aborts?.delete(this.abortPlace);
    this.watch?.delete(this);
    this.inside?.awaiting?.delete(this);
    this.settle(ending);
  }

  /** Its signal has aborted. It waits itself: a closure for each caller would be made for nothing. */
  aborted(reason: unknown): void {
    this.onAborted(this, reason);
  }
}
