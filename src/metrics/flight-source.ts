import type { CoalescingService } from '../coalescing/index.js';
import type { MetricSource, Observe, Take } from './metric-sources.js';

/** What coalescers tell: those that requests have named, under their family. */
export class FlightSource implements MetricSource {
  readonly groups = ['flights', 'saved'] as const;

  /** @param flights what is in the service's place may be less */
  constructor(private readonly flights: Partial<CoalescingService>) {}

  start(observe: Observe): () => void {
    const stop = this.flights.onLanding?.(({ family: coalescer, durationMs, joiners }) => {
      observe('breakwater_flight_duration_seconds', durationMs / 1_000, { coalescer });
      observe('breakwater_flight_joiners', joiners, { coalescer });
    });
    return stop ?? (() => undefined);
  }

  read(take: Take): void {
    for (const [coalescer, { counters, flights, stuck }] of this.flights.families?.() ?? []) {
      const of = { coalescer };
      take('breakwater_flight_duration_seconds', 0, of);
      take('breakwater_flight_joiners', 0, of);
      take('breakwater_flights_led_total', counters.led, of);
      take('breakwater_flights_joined_total', counters.joined, of);
      take('breakwater_flights_shed_total', counters.overloaded, of);
      take('breakwater_flights_retried_total', counters.retried, of);
      take('breakwater_flights_taken_over_total', counters.takenOver, of);
      const ended: Readonly<Record<string, number>> = {
        value: counters.succeeded,
        error: counters.failed,
        timeout: counters.timedOut,
        aborted: counters.aborted,
        superseded: counters.superseded,
      };
      for (const [outcome, count] of Object.entries(ended)) {
        take('breakwater_flights_ended_total', count, { ...of, outcome });
      }
      const left = 'breakwater_flight_callers_left_total';
      take(left, counters.callersAborted, { ...of, cause: 'signal' });
      take(left, counters.callersTimedOut, { ...of, cause: 'timeout' });
      take('breakwater_flights', flights, of);
      take('breakwater_flights_stuck', stuck, of);
      // The look-ups of caches that share a flight are theirs to count.
      take('breakwater_backend_calls_saved_total', counters.joinedByRun);
    }
  }
}
