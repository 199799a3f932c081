import { AbandonedLoaders } from './abandoned-loaders.js';
import type { ResolvedCoalescerOptions } from './coalescer-options.js';
import type { CoalescerPorts } from './coalescer-ports.js';
import { FlightAbortedError, FlightTimeoutError } from './coalescing.error.js';
import { DeadlineQueue } from './deadline-queue.js';
import { isValue } from './flight-ending.js';
import type { FlightEnding, Outcome } from './flight-ending.js';
import type { FlightTelemetry, LeaveCause } from './flight-telemetry.js';
import { Flight } from './flight.js';
import type {
  FlightHost,
  FlightInfo,
  FlightKeys,
  FlightOrigin,
  Loader,
  RecordedCaller,
} from './flight.js';
import { ValueSharing } from './value-sharing.js';

/**
 * The flights of one coalescer: at most one per key is found there and can be joined. Every
 * operation changes all state first and runs users' code (loaders, abort listeners, event subscribers)
 * after that, so that such code finds the table consistent if it calls back.
 */
export class FlightTable {
  readonly sharing: ValueSharing;
  private readonly running: DeadlineQueue<Flight>;
  private readonly abandoned = new AbandonedLoaders();
  private count = 0;

  constructor(
    private readonly host: FlightHost,
    private readonly coalescer: string,
    private readonly options: ResolvedCoalescerOptions,
    private readonly ports: CoalescerPorts,
    private readonly telemetry: FlightTelemetry,
  ) {
    this.running = new DeadlineQueue(ports, (flight) => this.expire(flight));
    this.sharing = new ValueSharing(options.shareAs);
  }

  /** Flights under way, joinable or not, and queued ones. */
  get size(): number {
    return this.count;
  }

  /** Loaders that run on beyond their flight's deadline. */
  get stuck(): number {
    return this.abandoned.stuck(this.ports.clock.monotonic());
  }

  /** @param keys whether to tell the keys too */
  flights(keys = false): FlightInfo[] {
    const now = this.ports.clock.monotonic();
    const underWay = [...this.running.values()].flatMap((flight) =>
      flight.next ? [flight, flight.next] : [flight],
    );
    return [...underWay, ...this.abandoned.values()].map((flight) => flight.describe(now, keys));
  }

  /**
   * Opens a flight where `key` is found among `keys`; without these, where nobody finds it. To be
   * launched with its callers.
   */
  open(
    keys: FlightKeys | undefined,
    key: string,
    load: Loader<unknown>,
    origin: FlightOrigin,
  ): Flight {
    const flight = this.create(keys, key, load, origin);
    this.activate(flight, flight.since);
    return flight;
  }

  /** Queues a flight behind `current`, to start when that has ended. */
  enqueue(current: Flight, load: Loader<unknown>): Flight {
    const flight = this.create(current.keys, current.key, load, 'queued');
    flight.state = 'queued';
    flight.strict = true;
    flight.behind = current;
    current.next = flight;
    return flight;
  }

  /** Replaces `current`, too old to be joined, by the flight queued behind it or by a new one. */
  overtake(current: Flight, load: Loader<unknown>): Flight {
    current.fence();
    return this.replace(current, load, 'overtake');
  }

  /** Replaces `current`, which hangs, by a successor; whichever ends first answers for both. */
  takeOver(current: Flight, load: Loader<unknown>): Flight {
    const successor = this.replace(current, load, 'takeover');
    successor.relieves = current;
    current.relief = successor;
    this.telemetry.takenOver();
    return successor;
  }

  /** Calls the loader of a flight that is open. */
  launch(flight: Flight): void {
    if (flight.state !== 'opened') return;
    flight.state = 'running';
    const { contexts } = this.ports;
    if (!this.options.detectSelfJoin) {
      contexts.detached(() => this.call(flight), flight);
      return;
    }
    contexts.begun();
    contexts.run(flight, () => this.call(flight));
  }

  /** Lets `caller` go, with `error`. If nobody is left on its flight, here or elsewhere, that ends too. */
  leave(caller: RecordedCaller, cause: LeaveCause, error: unknown): void {
    const { flight } = caller;
    flight.dismiss(caller);
    caller.finish({ as: 'error', error });
    this.telemetry.left(flight, cause);
    if (!flight.deserted || flight.landed) return;
    const { unawaitedElsewhere } = flight;
    if (unawaitedElsewhere) void unawaitedElsewhere().then(() => this.abandon(flight));
    else this.abandon(flight);
  }

  /** Ends a flight for which nobody waits any more. */
  private abandon(flight: Flight): void {
    if (!flight.deserted || flight.landed) return;
    const error = new FlightAbortedError(this.coalescer, 'abandoned');
    this.land([flight], { as: 'abandoned', error });
  }

  /** Makes flights that can be joined unjoinable, and fences them. */
  drop(flights: readonly Flight[]): void {
    const due: Flight[] = [];
    for (const flight of flights) {
      flight.fence();
      this.vacate(flight, undefined, due);
    }
    for (const flight of flights) this.telemetry.forgotten(flight);
    for (const next of due) this.launch(next);
  }

  /** Ends every flight, with `error` for its callers. */
  close(error: unknown): void {
    this.running.close();
    const running = [...this.running.values()];
    // The queued ones first: the end of a running one would start them.
    const queued = running.flatMap((flight) => flight.next ?? []);
    this.land([...queued, ...running], { as: 'closed', error });
  }

  /** Calls the loader. Never ends the flight before it has returned, whatever the loader does. */
  private call(flight: Flight): void {
    const failed = (error: unknown): void => this.conclude(flight, { as: 'error', error });
    try {
      Promise.resolve(flight.load()).then(
        (value) => this.conclude(flight, this.sharing.outcomeOf(flight, value)),
        failed,
      );
    } catch (error) {
      queueMicrotask(() => failed(error));
    }
  }

  private create(
    keys: FlightKeys | undefined,
    key: string,
    load: Loader<unknown>,
    origin: FlightOrigin,
  ): Flight {
    this.count++;
    const now = this.ports.clock.monotonic();
    return new Flight(this.host, keys, this.ports.nextFlightId(), key, load, now, origin);
  }

  /** Starts the time of `flight`, queued or new, where its key is found. */
  private activate(flight: Flight, now: number): void {
    this.unqueue(flight);
    flight.keys?.slots.set(flight.key, flight);
    flight.state = 'opened';
    flight.since = now;
    flight.deadline = flight.since + this.options.flightTimeoutMs;
    this.running.add(flight);
  }

  private unqueue(flight: Flight): void {
    if (!flight.behind) return;
    flight.behind.next = undefined;
    flight.behind = undefined;
  }

  private replace(current: Flight, load: Loader<unknown>, origin: FlightOrigin): Flight {
    if (!current.next) return this.open(current.keys, current.key, load, origin);
    const { next } = current;
    this.activate(next, this.ports.clock.monotonic());
    return next;
  }

  /**
   * Gives the place of `flight` to the flight queued behind it; else back to `hung`, the flight that it
   * succeeded, so that its result stays in order with newer ones; else to nobody.
   */
  private vacate(flight: Flight, hung: Flight | undefined, due: Flight[]): void {
    const { next } = flight;
    if (next) {
      this.activate(next, this.ports.clock.monotonic());
      next.relieves = hung;
      if (hung) hung.relief = next;
      due.push(next);
    } else if (hung) {
      flight.keys?.slots.set(flight.key, hung);
    } else {
      flight.keys?.slots.delete(flight.key);
    }
  }

  private expire(flight: Flight): void {
    const error = new FlightTimeoutError(this.coalescer, this.options.flightTimeoutMs);
    this.land([flight], { as: 'timeout', error });
  }

  /** The loader of `flight` is done. If the flight was over before, nobody hears of it. */
  private conclude(flight: Flight, outcome: Outcome): void {
    if (this.options.detectSelfJoin) this.ports.contexts.ended();
    if (flight.state === 'landed') {
      this.abandoned.delete(flight);
    } else {
      // A successor answers for the hung flight in any case. The other way round only a value does, as
      // the successor may do better than an error, and only for callers who take one that old.
      const { relief, relieves } = flight;
      const other = relief && isValue(outcome) && !relief.strict ? relief : relieves;
      if (other) this.land([flight, other], outcome, flight);
      else this.landAlone(flight, outcome);
    }
    flight.dispose();
  }

  /** {@link land} of a flight that has an outcome of its own, as most have: it needs no lists of flights. */
  private landAlone(flight: Flight, outcome: Outcome): void {
    const due: Flight[] = [];
    this.retire(flight, due);
    this.deliver(flight, outcome, due);
    this.telemetry.landed(flight, outcome.as);
    this.start(due);
  }

  /** Ends `flights` in the same way, which is the outcome of `owner`'s loader if there is an owner. */
  private land(flights: readonly Flight[], ending: FlightEnding, owner?: Flight): void {
    const cut = flights.filter((flight) => flight !== owner && flight.state === 'running');
    const due: Flight[] = [];
    for (const flight of flights) this.retire(flight, due);
    for (const flight of flights) this.deliver(flight, ending, due);
    for (const flight of cut) {
      flight.fence();
      this.abandoned.add(flight);
    }
    for (const flight of flights) {
      const superseded = owner !== undefined && flight !== owner;
      this.telemetry.landed(flight, superseded ? 'superseded' : ending.as);
    }
    for (const flight of cut) {
      const reason =
        owner || isValue(ending)
          ? new FlightAbortedError(this.coalescer, 'superseded')
          : ending.error;
      this.inContextOf(flight, () => flight.abort(reason));
    }
    this.start(due);
  }

  private start(due: readonly Flight[]): void {
    for (const flight of due) {
      if (flight.origin === 'retry') this.telemetry.led(flight);
      this.launch(flight);
    }
  }

  /** Takes `flight` out of every list; what has to start in its place is added to `due`. */
  private retire(flight: Flight, due: Flight[]): void {
    this.unqueue(flight);
    this.running.delete(flight);
    this.count--;
    flight.state = 'landed';
    const { relief, relieves } = flight;
    if (relief) relief.relieves = undefined;
    if (relieves) relieves.relief = undefined;
    flight.relief = flight.relieves = undefined;
    if (flight.keys?.slots.get(flight.key) === flight) this.vacate(flight, relieves, due);
  }

  private deliver(flight: Flight, ending: FlightEnding, due: Flight[]): void {
    const callers = flight.settle(ending);
    if (callers === undefined) return;
    const retry = ending.as === 'error' && this.options.onError === 'retry-once';
    for (const caller of callers) {
      const again = retry && !caller.leads && !caller.retried;
      if (!again || !this.retry(caller, due)) caller.finish(this.sharing.shareOf(ending));
    }
  }

  /** Moves a joiner whose flight failed to the next flight of its key, once. */
  private retry(caller: RecordedCaller, due: Flight[]): boolean {
    const { inside, flight } = caller;
    caller.retried = true;
    let target = flight.keys?.slots.get(flight.key);
    if (!target && caller.load) {
      target = this.open(flight.keys, flight.key, caller.load, 'retry');
      due.push(target);
    }
    if (target?.host !== this.host || target.joiners >= this.options.maxJoinersPerFlight)
      return false;
    if (inside && target.waitsFor(inside)) return false;
    target.keepAlive ||= flight.keepAlive;
    target.admit(caller);
    return true;
  }

  private inContextOf(flight: Flight, fn: () => void): void {
    if (this.options.detectSelfJoin) this.ports.contexts.run(flight, fn);
    else this.ports.contexts.detached(fn, flight);
  }
}
