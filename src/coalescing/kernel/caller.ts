import { AbortWatch } from '../../ground/index.js';
import type { Place, AbortPlace, AbortWaiter } from '../../ground/index.js';
import type { CoalescerPorts } from './coalescer-ports.js';
import { DeadlineQueue } from './deadline-queue.js';
import { Deferred } from './flight-ending.js';
import type { FlightEnding } from './flight-ending.js';
import type { Flight, Loader, RecordedCaller } from './flight.js';

/** Told that the signal of a caller has aborted. */
export type OnCallerAborted = (caller: Caller, reason: unknown) => void;

/**
 * A caller who may leave, gets a value of its own, or waits inside another flight's loader. Callers who
 * do none of this need no record: they share their flight's promise.
 */
export class Caller extends Deferred implements RecordedCaller, AbortWaiter {
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

/** The deadlines of callers: one timer for all who wait equally long, whole milliseconds. */
export class CallerDeadlines {
  private readonly queues = new Map<number, DeadlineQueue<Caller>>();

  constructor(
    private readonly ports: CoalescerPorts,
    private readonly onExpired: (caller: Caller) => void,
  ) {}

  /** Watches the caller's `timeoutMs` from now on, until the caller finishes. */
  watch(caller: Caller): void {
    const waitMs = Math.ceil(caller.timeoutMs);
    let queue = this.queues.get(waitMs);
    if (!queue) {
      queue = new DeadlineQueue(this.ports, this.onExpired, () => this.queues.delete(waitMs));
      this.queues.set(waitMs, queue);
    }
    caller.deadline = this.ports.clock.monotonic() + waitMs;
    caller.watch = queue;
    queue.add(caller);
  }

  /** Stops all timers. */
  close(): void {
    for (const queue of this.queues.values()) queue.close();
  }
}
