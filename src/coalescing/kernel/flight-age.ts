import type { Clock } from '../../ground/index.js';
import type { ResolvedCoalescerOptions } from './coalescer-options.js';
import type { Flight } from './flight.js';

/** What becomes of flights as they grow old. */
export class FlightAge {
  constructor(
    private readonly options: Pick<ResolvedCoalescerOptions, 'joinWithinMs' | 'takeoverAfterMs'>,
    private readonly clock: Clock,
  ) {}

  /**
   * It may be taken over: by one successor, until the flight that this one itself succeeded is over.
   *
   * @param takeoverAfterMs from when on, where the caller says so itself
   */
  hangs(flight: Flight, takeoverAfterMs = this.options.takeoverAfterMs): boolean {
    return takeoverAfterMs !== undefined && !flight.relieves && this.of(flight) >= takeoverAfterMs;
  }

  /** Its result is too old for whoever comes now. */
  isTooOld(flight: Flight): boolean {
    const { joinWithinMs } = this.options;
    return joinWithinMs !== undefined && this.of(flight) > joinWithinMs;
  }

  private of(flight: Flight): number {
    return this.clock.monotonic() - flight.since;
  }
}
