import type { Clock } from '../../clock/index.js';
import type { CoalescerCounters } from './coalescer-counters.js';
import type { OverloadReason } from './coalescer-overloaded.error.js';
import type { Flight } from './flight.js';
import type { FlightEvent, FlightEvents, LandedAs, LeaveCause } from './flight-events.js';

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
    private readonly events: FlightEvents,
    private readonly clock: Clock,
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
    if (this.events.hasSubscribers) {
      const durationMs = this.clock.monotonic() - flight.since;
      this.publish({ type: 'landed', ...this.about(flight), as, durationMs });
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
      this.publish({ type: 'refused', coalescer: this.coalescer, reason });
    }
  }

  private about(flight: Flight) {
    return { coalescer: this.coalescer, flight: flight.id, keyHash: flight.keyHash };
  }

  private publish(event: FlightEvent): void {
    try {
      this.events.publish(event);
    } catch {
      // Who watches cannot change what happens.
    }
  }
}
