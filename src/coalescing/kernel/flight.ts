import type { Place } from '../../collections/index.js';
import { Deferred } from './deferred.js';
import type { FlightContext, Loader } from './flight-context.js';
import type { FlightEnding } from './flight-ending.js';
import type { FlightOrigin } from './flight-events.js';
import type { FlightInfo, FlightPhase } from './flight-info.js';
import { hashKey } from './hash-key.js';

/**
 * `queued` behind another flight, `opened` (in the table, its loader not called yet), `running`,
 * `landed`.
 */
export type FlightState = 'queued' | 'opened' | 'running' | 'landed';

/** A caller of whom its flight keeps a record, because it may leave or is owed something of its own. */
export interface Passenger {
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
  /** Callers beside the leader who wait. */
  joiners = 0;
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
  vouched: object | undefined = undefined;

  /** Callers of whom a record is kept. */
  passengers: Set<Passenger> | undefined = undefined;
  /** The calls that this flight's own loader waits for. */
  awaiting: Set<Passenger> | undefined = undefined;

  private leader: 'none' | 'waits' | 'left' = 'none';
  private loader: Loader<unknown> | undefined;
  private shared: Deferred | undefined = undefined;
  private controller: AbortController | undefined = undefined;
  private abortReason: unknown = undefined;
  private keep = true;

  constructor(
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
    return this.keep && !this.fenced;
  }

  uncacheable(): void {
    this.keep = false;
  }

  /** Its result, and that of the hung flight it succeeds, is not to replace anything newer. */
  fence(): void {
    this.fenced = true;
    this.relieves?.fence();
  }

  /** How its loader's value counts. */
  get valueKind(): 'value' | 'uncacheable' {
    return this.keep ? 'value' : 'uncacheable';
  }

  get landed(): boolean {
    return this.state === 'landed';
  }

  /** Somebody is aboard: whoever comes now is a joiner. */
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

  /** Takes a caller aboard: as the leader if it is the first. */
  admit(passenger: Passenger | undefined): void {
    const leads = !this.led;
    if (leads) this.leader = 'waits';
    else this.joiners++;
    if (!passenger) return;
    passenger.leads = leads;
    passenger.flight = this;
    (this.passengers ??= new Set()).add(passenger);
  }

  /** Lets a caller go who leaves before the end. */
  dismiss(passenger: Passenger): void {
    this.passengers?.delete(passenger);
    if (passenger.leads) this.leader = 'left';
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

  /** Settles the shared promise, and hands over the passengers, to be finished one by one. */
  disembark(ending: FlightEnding): Iterable<Passenger> {
    const passengers = this.passengers ?? [];
    this.shared?.settle(ending);
    this.shared = this.passengers = undefined;
    this.joiners = 0;
    return passengers;
  }

  /** Lets go of what its callers and its loader held: who keeps the flight a while keeps nothing else. */
  dispose(): void {
    this.vouched = this.awaiting = this.controller = undefined;
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

  describe(now: number): FlightInfo {
    return {
      id: this.id,
      keyHash: this.keyHash,
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
