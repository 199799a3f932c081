import { hashKey } from '../../ground/index.js';
import { Caller, CallerDeadlines } from './caller.js';
import {
  resolveCoalescerOptions,
  ALONE,
  RUN_OPTIONS,
  asksForNothing,
  demandCall,
  demandKey,
} from './coalescer-options.js';
import type {
  CoalescerOptions,
  ResolvedCoalescerOptions,
  AloneOptions,
  RunOptions,
} from './coalescer-options.js';
import type { CoalescerPorts, FlightSharing } from './coalescer-ports.js';
import {
  CallerTimeoutError,
  CoalescerClosedError,
  CoalescerOverloadedError,
  SelfJoinError,
} from './coalescing.error.js';
import type { OverloadReason } from './coalescing.error.js';
import { Deferred } from './flight-ending.js';
import { FlightAge } from './flight-age.js';
import { FlightTable } from './flight-table.js';
import { FlightTelemetry } from './flight-telemetry.js';
import type { CoalescerCounters } from './flight-telemetry.js';
import { FlightKeys } from './flight.js';
import type { Flight, FlightHost, FlightInfo, FlightsOptions, Loader } from './flight.js';
import type { ValueSharing } from './value-sharing.js';

/** A named set of flights: calls for one key that overlap in time are one call with one outcome. */
export class Coalescer implements FlightHost {
  /** What it was made with, defaults applied. */
  readonly options: ResolvedCoalescerOptions;
  /** Makes values safe to share as its flights do, for caches that keep them longer. */
  readonly valueSharing: ValueSharing;

  private readonly telemetry: FlightTelemetry;
  private readonly table: FlightTable;
  /** Those that {@link run} speaks of. */
  private readonly keys = new FlightKeys();
  private readonly deadlines: CallerDeadlines;
  private readonly age: FlightAge;
  /** All callers may get one and the same promise. */
  private readonly promiseIsShared: boolean;
  /** A flight under way may be joined without asking how old it is. */
  private readonly agelessJoins: boolean;
  /** Shares flights with other processes. */
  private readonly across: FlightSharing | undefined;
  private closed: CoalescerClosedError | undefined;

  /** @throws InvalidOptionError */
  constructor(
    /** For messages and events. */
    readonly name: string,
    options: CoalescerOptions,
    private readonly ports: CoalescerPorts,
    /** Name under which it is counted: {@link name} may come from a request. */
    readonly family = name,
  ) {
    this.options = resolveCoalescerOptions(options);
    const { events, clock } = ports;
    this.telemetry = new FlightTelemetry(name, family, events, clock, this.keys);
    this.table = new FlightTable(this, name, this.options, ports, this.telemetry);
    this.valueSharing = this.table.sharing;
    this.age = new FlightAge(this.options, clock);
    this.deadlines = new CallerDeadlines(ports, (caller) => {
      const error = new CallerTimeoutError(name, caller.timeoutMs);
      this.table.leave(caller, 'timeout', error);
    });
    const { shareAs, onError, joinWithinMs, takeoverAfterMs, scope } = this.options;
    if (scope === 'cluster') this.across = ports.sharing;
    this.promiseIsShared = shareAs !== 'clone' && onError === 'share';
    this.agelessJoins = joinWithinMs === undefined && takeoverAfterMs === undefined;
  }

  /** Flights under way: running ones, joinable or not, and queued ones. */
  get size(): number {
    return this.table.size;
  }

  /** Loaders that still run although their flight's deadline has passed. */
  get stuck(): number {
    return this.table.stuck;
  }

  /**
   * Joins the flight of `key`, or leads a new one by calling `load`. Never throws: whatever goes wrong
   * is a rejection, and none that nobody handles ends the process.
   *
   * The loader runs outside the caller's async context and on the flight's signal, because it is not
   * the caller's alone. All callers get its outcome.
   *
   * @throws the loader's error · {@link FlightTimeoutError} · {@link CallerTimeoutError} · the reason of
   * `options.signal` · {@link CoalescerOverloadedError} · {@link SelfJoinError} ·
   * {@link UnshareableValueError} · {@link CoalescerClosedError} · InvalidOptionError
   * @example
   * const rate = await coalescer.run(`rate:${pair}`, ({ signal }) => fetchRate(pair, signal));
   */
  run<T>(key: string, load: Loader<T>, options?: RunOptions): Promise<T> {
    const flight = this.keys.find(key);
    if (flight && this.isOpen(flight, options)) return this.joined<T>(flight);
    return this.attempt(key, flight, load, options) as Promise<T>;
  }

  /**
   * {@link run} for a key of another owner, such as a cache. A flight of it that another coalescer runs is
   * joined there; it stays in this process. Key and options are not checked here.
   */
  join<T>(keys: FlightKeys, key: string, load: Loader<T>, options?: RunOptions): Promise<T> {
    const flight = keys.find(key);
    if (flight) {
      const { host } = flight;
      if (host !== this) return host.join(keys, key, load, options) as Promise<T>;
      if (this.isOpen(flight, options)) return this.joined<T>(flight);
    }
    try {
      return this.enter(keys, key, flight, load, options) as Promise<T>;
    } catch (error) {
      return Deferred.rejected(error) as Promise<T>;
    }
  }

  /**
   * Calls `load` for this caller alone, in this process or another. It is a flight in all but that: counted
   * by {@link size}, bounded by `maxFlights` and `flightTimeoutMs`, its loader aborted when the caller
   * leaves. For what may not be shared, such as a call with credentials.
   * @throws what {@link run} throws
   */
  runAlone<T>(load: Loader<T>, options?: AloneOptions): Promise<T> {
    return this.attempt(ALONE, undefined, load, options) as Promise<T>;
  }

  /**
   * Makes the flight of `key` unjoinable: whoever comes now starts a new one. Callers on it still get
   * its outcome; its {@link FlightContext.fenced} says that the result must not be kept.
   * @returns whether there was one. @throws InvalidOptionError for a key that is no text
   */
  forget(key: string): boolean {
    demandKey(key, 'forget');
    this.across?.forget(this.name, key);
    return this.keys.forget(key);
  }

  /** {@link forget} for every key. Returns how many flights that were. */
  forgetAll(): number {
    for (const key of this.across ? this.keys.names() : []) this.across?.forget(this.name, key);
    return this.keys.forgetAll();
  }

  /** @internal */
  joinOpen(flight: Flight): Promise<unknown> | undefined {
    return this.isOpen(flight, undefined) ? this.joined(flight) : undefined;
  }

  /** @internal By {@link FlightKeys.forget}. */
  drop(flights: readonly Flight[]): void {
    this.table.drop(flights);
  }

  /**
   * What is under way, oldest first, and then loaders (at most 100) that outlive their flight.
   *
   * @param options with `keys`, the keys too, which may be confidential. @default their hashes alone
   */
  flights(options?: FlightsOptions): FlightInfo[] {
    return this.table.flights(options?.keys);
  }

  /** Totals since the coalescer was made. */
  counters(): CoalescerCounters {
    return this.telemetry.counters();
  }

  /**
   * For shutdown: ends every flight with {@link CoalescerClosedError} and refuses calls from now on. A
   * second call does nothing.
   */
  close(reason?: unknown): void {
    if (this.closed) return;
    this.closed = new CoalescerClosedError(this.name, reason);
    this.deadlines.close();
    this.table.close(this.closed);
  }

  /** Whether a caller who asks for nothing special joins `flight` without further questions. */
  private isOpen(flight: Flight, options: RunOptions | undefined): boolean {
    return (
      asksForNothing(options) &&
      this.promiseIsShared &&
      this.agelessJoins &&
      flight.joiners < this.options.maxJoinersPerFlight &&
      !this.enclosingFlight()
    );
  }

  private joined<T>(flight: Flight): Promise<T> {
    flight.admit(undefined);
    this.telemetry.joined(flight);
    return flight.share().promise as Promise<T>;
  }

  private attempt(
    key: string | typeof ALONE,
    current: Flight | undefined,
    load: Loader<unknown>,
    options?: RunOptions,
  ): Promise<unknown> {
    try {
      demandCall(key, load);
      if (options !== undefined) RUN_OPTIONS.check(options, 'options');
      return this.enter(this.keys, key, current, load, options);
    } catch (error) {
      return Deferred.rejected(error);
    }
  }

  /** Joins `current` or one after it, or leads, unless there is a reason to refuse it. */
  private enter(
    keys: FlightKeys,
    key: string | typeof ALONE,
    current: Flight | undefined,
    load: Loader<unknown>,
    options: RunOptions = {},
  ): Promise<unknown> {
    const { signal, waitMaxMs = Infinity } = options;
    let { timeoutMs = Infinity } = options;
    this.assertWilling(signal, timeoutMs);
    const inside = this.enclosingFlight();
    let flight: Flight;
    if (current) flight = this.flightAfter(current, load, options, inside);
    else flight = key === ALONE ? this.alone(load) : this.first(keys, key, load, options);
    if (options.keepAlive) flight.keepAlive = true;
    const joins = flight.led;
    if (joins) timeoutMs = Math.min(timeoutMs, waitMaxMs);

    let caller: Caller | undefined;
    if (signal || timeoutMs !== Infinity || inside || !this.promiseIsShared) {
      const own = this.options.onError === 'retry-once' ? load : undefined;
      caller = new Caller(own, inside, signal, timeoutMs, this.onCallerAborted);
      if (timeoutMs !== Infinity) this.deadlines.watch(caller);
    }
    flight.admit(caller);
    // Taken before the loader or a subscriber runs: either may end the flight at once.
    const { promise } = caller ?? flight.share();
    if (joins) this.telemetry.joined(flight);
    else this.telemetry.led(flight);
    this.table.launch(flight);
    return promise;
  }

  private assertWilling(signal: AbortSignal | undefined, timeoutMs: number): void {
    // Its own: who is refused may say more of it.
    if (this.closed) throw new CoalescerClosedError(this.name, this.closed.cause);
    signal?.throwIfAborted();
    if (timeoutMs <= 0) throw new CallerTimeoutError(this.name, timeoutMs);
  }

  private assertRoom(): void {
    if (this.size >= this.options.maxFlights) throw this.overloaded('max-flights');
  }

  /** The refusal, counted. */
  private overloaded(reason: OverloadReason): CoalescerOverloadedError {
    this.telemetry.refused(reason);
    const retryAfterMs = reason === 'key-too-long' ? undefined : this.options.retryAfterMs;
    return new CoalescerOverloadedError(this.name, reason, retryAfterMs);
  }

  /** The flight whose loader makes this call, as long as somebody waits for that loader. */
  private enclosingFlight(): Flight | undefined {
    if (!this.options.detectSelfJoin) return undefined;
    const flight = this.ports.contexts.current() as Flight | undefined;
    return flight?.landed ? undefined : flight;
  }

  private alone(load: Loader<unknown>): Flight {
    this.assertRoom();
    return this.table.open(undefined, '', load, 'first');
  }

  private first(keys: FlightKeys, key: string, load: Loader<unknown>, options: RunOptions): Flight {
    if (key.length > this.options.maxKeyLength) throw this.overloaded('key-too-long');
    this.assertRoom();
    // What is under way elsewhere is too old for a caller who wants nothing older than its call.
    const { across, name } = this;
    const isShared = across && keys === this.keys && !options.notOlderThan && !options.scope;
    const loader: Loader<unknown> = isShared
      ? (flight) => across.run({ coalescer: name, flight }, () => load(flight))
      : load;
    return this.table.open(keys, key, loader, 'first');
  }

  /** `current`, or the one that this caller has to have after it. */
  private flightAfter(
    current: Flight,
    load: Loader<unknown>,
    options: RunOptions,
    inside: Flight | undefined,
  ): Flight {
    if (inside && current.waitsFor(inside)) {
      this.telemetry.refused('self-join');
      throw new SelfJoinError(this.name, hashKey(current.key));
    }
    const flight =
      options.notOlderThan === 'now'
        ? this.nextAfter(current, load, options)
        : this.joinable(current, load, options);
    if (flight.joiners >= this.options.maxJoinersPerFlight) {
      // Others may be on it, and it may just have been opened for them.
      this.table.launch(flight);
      throw this.overloaded('max-joiners');
    }
    return flight;
  }

  /** The flight for a caller who takes a result of one under way: `current`, unless it is too old. */
  private joinable(current: Flight, load: Loader<unknown>, { waitMaxMs }: RunOptions): Flight {
    if (this.age.isTooOld(current)) {
      if (!current.next) this.assertRoom();
      return this.table.overtake(current, load);
    }
    // Better to wait for the hung flight than to be refused where there is no room for a successor.
    const hangs = this.age.hangs(current, waitMaxMs);
    if (hangs && (current.next || this.size < this.options.maxFlights)) {
      return this.table.takeOver(current, load);
    }
    // The hung flight's value would be too old for this caller.
    if (current.relieves && this.age.isTooOld(current.relieves)) current.strict = true;
    return current;
  }

  /** The flight for a caller who wants nothing that started before its call. */
  private nextAfter(current: Flight, load: Loader<unknown>, { waitMaxMs }: RunOptions): Flight {
    const hangs = this.age.hangs(current, waitMaxMs);
    if (!hangs && current.next) return current.next;
    if (!current.next) this.assertRoom();
    if (!hangs) return this.table.enqueue(current, load);
    const successor = this.table.takeOver(current, load);
    successor.strict = true;
    return successor;
  }

  private readonly onCallerAborted = (caller: Caller, reason: unknown): void => {
    this.table.leave(caller, 'signal', reason);
  };
}
