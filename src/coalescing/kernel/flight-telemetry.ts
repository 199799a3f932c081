import type { Clock } from '../../ground/index.js';
import type { OverloadReason } from './coalescing.error.js';
import type { Flight, FlightKeys, FlightOrigin } from './flight.js';

/** How a flight ended. */
export type LandedAs =
  'value' | 'uncacheable' | 'error' | 'timeout' | 'abandoned' | 'superseded' | 'closed';

/** Why a caller left before the end. */
export type LeaveCause = 'signal' | 'timeout';

interface OfFlight {
  /** Name of the coalescer. */
  readonly coalescer: string;
  /** Name under which it is counted: its own, or that of its kind where it was made on demand. */
  readonly family: string;
  /** Number of the flight, unique in the process: what joiners link to. */
  readonly flight: number;
  readonly keyHash: string;
  /**
   * The key itself, which may be confidential: for who may see all. Left out where it is another's, such as
   * a cache's, which tells of it by itself, and where the call was made for one caller alone.
   */
  readonly key?: string;
}

/** What happened, told after it has happened. */
export type FlightEvent =
  | (OfFlight & { readonly type: 'led'; readonly origin: FlightOrigin })
  | (OfFlight & { readonly type: 'joined'; readonly joiners: number })
  | (OfFlight & { readonly type: 'left'; readonly cause: LeaveCause })
  | (OfFlight & {
      readonly type: 'landed';
      readonly as: LandedAs;
      readonly durationMs: number;
      /** Callers beside the leader who got its outcome. */
      readonly joiners: number;
    })
  | (OfFlight & { readonly type: 'forgotten' })
  | {
      readonly type: 'refused';
      readonly coalescer: string;
      readonly family: string;
      readonly reason: OverloadReason | 'self-join';
    };

/** The port for events; a channel of `node:diagnostics_channel` is one. */
export interface FlightEvents {
  /** Whether anyone listens: otherwise no event is even made. */
  readonly hasSubscribers: boolean;
  /** Whether anyone listens to how flights land, and to nothing else. @default false */
  readonly hearsLandings?: boolean;
  publish(event: FlightEvent): void;
}

/** Totals since the coalescer was made. */
export interface CoalescerCounters {
  /** Flights started or queued, for whatever reason. */
  readonly led: number;
  /** Calls that shared a flight of another caller. */
  readonly joined: number;
  /** Of these, the calls of `run`; the others are look-ups of caches, which count them too. */
  readonly joinedByRun: number;
  /** Flights that ended with their loader's value. */
  readonly succeeded: number;
  /** Flights that ended with their loader's error. */
  readonly failed: number;
  /** Flights aborted because every caller had left. */
  readonly aborted: number;
  /** Flights that ran into `flightTimeoutMs`. */
  readonly timedOut: number;
  /** Flights answered by another flight of their key (takeover). */
  readonly superseded: number;
  /** Calls refused by a bound. */
  readonly overloaded: number;
  /** Callers that left by their own signal. */
  readonly callersAborted: number;
  /** Callers that left by their own `timeoutMs`. */
  readonly callersTimedOut: number;
  /** Successors started beside a hung flight. */
  readonly takenOver: number;
  /** Flights started again after an error (`onError: 'retry-once'`). */
  readonly retried: number;
  /** Flights made unjoinable by `forget` or `forgetAll`. */
  readonly forgotten: number;
  /** Calls refused because they would have waited for themselves. */
  readonly selfJoins: number;
}

/** Which total each way of landing counts for; a closed coalescer's flights count for none. */
const LANDED_TOTALS: Readonly<Partial<Record<LandedAs, keyof CoalescerCounters>>> = {
  value: 'succeeded',
  uncacheable: 'succeeded',
  error: 'failed',
  timeout: 'timedOut',
  abandoned: 'aborted',
  superseded: 'superseded',
};

/** Counts what happens in one coalescer and tells those who listen. */
export class FlightTelemetry {
  private readonly totals: { -readonly [name in keyof CoalescerCounters]: number } = {
    led: 0,
    joined: 0,
    joinedByRun: 0,
    succeeded: 0,
    failed: 0,
    aborted: 0,
    timedOut: 0,
    superseded: 0,
    overloaded: 0,
    callersAborted: 0,
    callersTimedOut: 0,
    takenOver: 0,
    retried: 0,
    forgotten: 0,
    selfJoins: 0,
  };

  constructor(
    private readonly coalescer: string,
    private readonly family: string,
    private readonly events: FlightEvents,
    private readonly clock: Clock,
    /** The coalescer's own. */
    private readonly keys?: FlightKeys,
  ) {}

  /** A copy of the totals. */
  counters(): CoalescerCounters {
    return { ...this.totals };
  }

  led(flight: Flight): void {
    this.totals.led++;
    if (flight.origin === 'retry') this.totals.retried++;
    if (this.events.hasSubscribers) {
      this.publish({ type: 'led', ...this.about(flight), origin: flight.origin });
    }
  }

  joined(flight: Flight): void {
    this.totals.joined++;
    if (this.isOwn(flight)) this.totals.joinedByRun++;
    if (this.events.hasSubscribers) {
      this.publish({ type: 'joined', ...this.about(flight), joiners: flight.joiners });
    }
  }

  left(flight: Flight, cause: LeaveCause): void {
    this.totals[cause === 'signal' ? 'callersAborted' : 'callersTimedOut']++;
    if (this.events.hasSubscribers) this.publish({ type: 'left', ...this.about(flight), cause });
  }

  landed(flight: Flight, as: LandedAs): void {
    const total = LANDED_TOTALS[as];
    if (total) this.totals[total]++;
    const { hasSubscribers, hearsLandings = false } = this.events;
    if (hasSubscribers || hearsLandings) {
      const durationMs = this.clock.monotonic() - flight.since;
      const { joinersAtEnd: joiners } = flight;
      this.publish({ type: 'landed', ...this.about(flight), as, durationMs, joiners });
    }
  }

  takenOver(): void {
    this.totals.takenOver++;
  }

  forgotten(flight: Flight): void {
    this.totals.forgotten++;
    if (this.events.hasSubscribers) this.publish({ type: 'forgotten', ...this.about(flight) });
  }

  refused(reason: OverloadReason | 'self-join'): void {
    this.totals[reason === 'self-join' ? 'selfJoins' : 'overloaded']++;
    if (this.events.hasSubscribers) {
      const { coalescer, family } = this;
      this.publish({ type: 'refused', coalescer, family, reason });
    }
  }

  /** Whether its key is the coalescer's own, and not that of a cache. */
  private isOwn({ keys }: Flight): boolean {
    return keys !== undefined && keys === this.keys;
  }

  private about(flight: Flight) {
    const { coalescer, family } = this;
    const { id, key, keyHash } = flight;
    return { coalescer, family, flight: id, keyHash, ...(this.isOwn(flight) && { key }) };
  }

  private publish(event: FlightEvent): void {
    try {
      this.events.publish(event);
    } catch {
      // Who watches cannot change what happens.
    }
  }
}
