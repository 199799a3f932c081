import { hashKey } from '../../ground/index.js';
import type { Place } from '../../ground/index.js';
import { Deferred } from './flight-ending.js';
import type { FlightEnding } from './flight-ending.js';
import type { RunOptions } from './coalescer-options.js';

/** What a loader knows about the flight it runs for. Read its members from it: they change. */
export interface FlightContext {
  /** Number of the flight, unique in the process: what events call it by. */
  readonly id: number;

  /** The key asked for. */
  readonly key: string;

  /** Aborts when nobody wants the result any more, or the flight has timed out. Made on first use. */
  readonly signal: AbortSignal;

  /** When the flight times out, in milliseconds on the monotonic clock. */
  readonly deadline: number;

  /**
   * The result must not be kept: the key was forgotten or overtaken meanwhile, or the flight ended
   * before its loader, so that something newer may have been stored. Turns true at most once.
   */
  readonly fenced: boolean;

  /** Whether the result may be kept: neither {@link fenced} nor marked {@link uncacheable}. */
  readonly cacheable: boolean;

  /** Marks the result as one that is shared with everyone on this flight and with nobody later. */
  uncacheable(): void;

  /**
   * Says that `value`, if the flight ends with it, is safe to share as it is: all in it that callers get
   * was made so by `valueSharing.share`. Returns it.
   */
  asIs<T extends object>(value: T): T;

  /** What the loader tells of the flight to whoever owns its {@link FlightKeys}. */
  about: unknown;

  /** Where others elsewhere may wait for it: deserted here, it goes on until this, called then, resolves. */
  unawaitedElsewhere: (() => Promise<unknown>) | undefined;
}

/** Computes the value of one flight. */
export type Loader<T> = (flight: FlightContext) => T | Promise<T>;

/**
 * Why a flight was started: nobody was there (`first`), to come after the one under way (`queued`), the
 * one before was too old (`overtake`) or hung (`takeover`), or a joiner leads again (`retry`).
 */
export type FlightOrigin = 'first' | 'queued' | 'overtake' | 'takeover' | 'retry';

/**
 * Where a flight is.
 * - `queued`: waits for the flight before it (`notOlderThan: 'now'`)
 * - `running`: under way and joinable
 * - `overtaken`: hung; its successor is the one to join
 * - `fenced`: forgotten or too old; runs for those who are on it
 * - `abandoned`: over for its callers (timed out, aborted), while its loader still runs
 */
export type FlightPhase = 'queued' | 'running' | 'overtaken' | 'fenced' | 'abandoned';

/** One line of {@link Coalescer.flights}. */
export interface FlightInfo {
  /** Number of the flight, unique in the process. */
  readonly id: number;
  /** Hash of the key (which may be private). */
  readonly keyHash: string;
  /** The key itself, where it was asked for and there is one. */
  readonly key?: string;
  /** Milliseconds since the flight started, or was queued. */
  readonly ageMs: number;
  /** Callers beside the leader who wait. */
  readonly joiners: number;
  readonly phase: FlightPhase;
  /** The loader still runs although the flight's deadline has passed. */
  readonly stuck: boolean;
}

/** What is to be told of flights. */
export interface FlightsOptions {
  /** Their keys, which may be confidential, beside the hashes. @default false */
  readonly keys?: boolean;
}

/**
 * `queued` behind another flight, `opened` (in the table, its loader not called yet), `running`,
 * `landed`.
 */
export type FlightState = 'queued' | 'opened' | 'running' | 'landed';

/** What runs a flight: whatever is to be done to one, is done there. */
export interface FlightHost {
  /** Joins or leads the flight of `key`. */
  join(
    keys: FlightKeys,
    key: string,
    load: Loader<unknown>,
    options?: RunOptions,
  ): Promise<unknown>;
  /** Joins `flight` for a caller who asks for nothing, unless it is full, too old, or not to be shared so. */
  joinOpen(flight: Flight): Promise<unknown> | undefined;
  /** Makes flights unjoinable. Callers on them still get their outcome, which must not be kept. */
  drop(flights: readonly Flight[]): void;
}

/** A caller of whom its flight keeps a record, because it may leave or is owed something of its own. */
export interface RecordedCaller {
  /** The flight it is on. */
  flight: Flight;
  /** It is the first on its flight. */
  leads: boolean;
  /** It was given a second flight after an error. */
  retried: boolean;
  /** What it would load itself, where it may have to. */
  readonly load: Loader<unknown> | undefined;
  /** The flight whose loader this call belongs to. */
  readonly inside: Flight | undefined;
  /** Settles it; it then waits for nothing any more. */
  finish(ending: FlightEnding): void;
}

/** One call in flight and everyone who waits for it. Its table moves it from state to state. */
export class Flight implements FlightContext {
  state: FlightState = 'opened';
  deadline = Infinity;
  fenced = false;
  keepAlive = false;
  /** How its loader's value counts. */
  valueKind: 'value' | 'uncacheable' = 'value';
  /** Callers beside the leader who wait. */
  joiners = 0;
  /** How many of them got its outcome, once it has landed. */
  joinersAtEnd = 0;
  /** Started for callers who want nothing older than their call. */
  strict = false;

  /** The flight queued behind this one, and the one that this one is queued behind. */
  next: Flight | undefined = undefined;
  behind: Flight | undefined = undefined;
  /** The successor of this hung flight, and the hung flight that this one succeeds. */
  relief: Flight | undefined = undefined;
  relieves: Flight | undefined = undefined;

  /** Where it stands among those under way. */
  place: Place<unknown> | undefined = undefined;

  /** A value that is safe to share as it is. */
  safe: object | undefined = undefined;
  about: unknown = undefined;
  unawaitedElsewhere: (() => Promise<unknown>) | undefined = undefined;

  /** Callers of whom a record is kept. */
  callers: Set<RecordedCaller> | undefined = undefined;
  /** The calls that this flight's own loader waits for. */
  awaiting: Set<RecordedCaller> | undefined = undefined;

  private leader: 'none' | 'waits' | 'left' = 'none';
  private loader: Loader<unknown> | undefined;
  private shared: Deferred | undefined = undefined;
  private controller: AbortController | undefined = undefined;
  private abortReason: unknown = undefined;

  constructor(
    readonly host: FlightHost,
    /** Where others find it; absent where it is its caller's alone. */
    readonly keys: FlightKeys | undefined,
    readonly id: number,
    readonly key: string,
    loader: Loader<unknown>,
    /** When it was opened or, before that, queued; on the monotonic clock. */
    public since: number,
    readonly origin: FlightOrigin,
  ) {
    this.loader = loader;
  }

  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController();
      if (this.abortReason !== undefined) this.controller.abort(this.abortReason);
    }
    return this.controller.signal;
  }

  get cacheable(): boolean {
    return this.valueKind === 'value' && !this.fenced;
  }

  uncacheable(): void {
    this.valueKind = 'uncacheable';
  }

  asIs<T extends object>(value: T): T {
    this.safe = value;
    return value;
  }

  /** Its result, and that of the hung flight it succeeds, is not to replace anything newer. */
  fence(): void {
    this.fenced = true;
    this.relieves?.fence();
  }

  get landed(): boolean {
    return this.state === 'landed';
  }

  /** Somebody is on it: whoever comes now is a joiner. */
  get led(): boolean {
    return this.leader !== 'none';
  }

  /** Nobody waits, and nobody said that the result is wanted anyway. */
  get deserted(): boolean {
    return this.joiners === 0 && this.leader !== 'waits' && !this.keepAlive;
  }

  get keyHash(): string {
    return hashKey(this.key);
  }

  /** Takes a caller in: as the leader if it is the first. */
  admit(caller: RecordedCaller | undefined): void {
    const leads = !this.led;
    if (leads) this.leader = 'waits';
    else this.joiners++;
    if (!caller) return;
    caller.leads = leads;
    caller.flight = this;
    (this.callers ??= new Set()).add(caller);
  }

  /** Lets a caller go who leaves before the end. */
  dismiss(caller: RecordedCaller): void {
    this.callers?.delete(caller);
    if (caller.leads) this.leader = 'left';
    else this.joiners--;
  }

  /** What all callers without a record wait for. */
  share(): Deferred {
    return (this.shared ??= new Deferred());
  }

  /** Calls the loader; once. It is not kept, as what it closes over may be large. */
  load(): unknown {
    const loader = this.loader as Loader<unknown>;
    this.loader = undefined;
    return loader(this);
  }

  /** Settles the shared promise, and hands over the callers with a record, if any, to be finished one by one. */
  settle(ending: FlightEnding): Iterable<RecordedCaller> | undefined {
    const { callers } = this;
    this.shared?.settle(ending);
    this.shared = this.callers = undefined;
    this.joinersAtEnd = this.joiners;
    this.joiners = 0;
    return callers;
  }

  /** Lets go of what its callers and its loader held: who keeps the flight a while keeps nothing else. */
  dispose(): void {
    this.safe = this.about = this.awaiting = this.controller = undefined;
    this.unawaitedElsewhere = undefined;
  }

  /** Aborts the loader's signal, now or when the loader first asks for it. */
  abort(reason: unknown): void {
    this.abortReason = reason;
    this.controller?.abort(reason);
  }

  /** Whether this flight cannot end before the loader of `other` does. */
  waitsFor(other: Flight, seen = new Set<Flight>()): boolean {
    if (this === other) return true;
    if (seen.has(this)) return false;
    seen.add(this);
    if (this.behind?.waitsFor(other, seen)) return true;
    for (const call of this.awaiting ?? []) if (call.flight.waitsFor(other, seen)) return true;
    return false;
  }

  describe(now: number, keys: boolean): FlightInfo {
    return {
      id: this.id,
      keyHash: this.keyHash,
      ...(keys && this.keys !== undefined && { key: this.key }),
      ageMs: now - this.since,
      joiners: this.joiners,
      phase: this.phase,
      stuck: this.landed && this.deadline <= now,
    };
  }

  private get phase(): FlightPhase {
    if (this.state === 'queued') return 'queued';
    if (this.landed) return 'abandoned';
    if (this.fenced) return 'fenced';
    return this.relief ? 'overtaken' : 'running';
  }
}

const all = (): boolean => true;

/**
 * The keys of one owner, a coalescer or a cache, which never meet those of another: at most one flight
 * of each can be joined, whichever coalescer runs it.
 */
export class FlightKeys {
  /** @internal The flights that can be joined: each is put here and taken away by its host. */
  readonly slots = new Map<string, Flight>();

  /** The flight of `key` that can be joined. */
  find(key: string): Flight | undefined {
    return this.slots.get(key);
  }

  /** The keys that have one. */
  names(): string[] {
    return [...this.slots.keys()];
  }

  /**
   * Makes the flight of `key` unjoinable: whoever comes now starts a new one. Callers on it still get its
   * outcome; its {@link FlightContext.fenced} says that the result must not be kept.
   *
   * @param isMeant whether it is to be; by default it is
   * @returns whether it was
   */
  forget(key: string, isMeant: (flight: FlightContext) => boolean = all): boolean {
    const flight = this.slots.get(key);
    if (!flight || !isMeant(flight)) return false;
    flight.host.drop([flight]);
    return true;
  }

  /** {@link forget} for every key. Returns how many flights that were. */
  forgetAll(isMeant: (flight: FlightContext) => boolean = all): number {
    const flights = [...this.slots.values()].filter(isMeant);
    for (const host of new Set(flights.map((flight) => flight.host))) {
      host.drop(flights.filter((flight) => flight.host === host));
    }
    return flights.length;
  }
}
