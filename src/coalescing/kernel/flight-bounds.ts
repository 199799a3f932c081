import type { ResolvedCoalescerOptions } from './coalescer-options.interface.js';
import { CoalescerOverloadedError, type OverloadReason } from './coalescer-overloaded.error.js';
import type { FlightTelemetry } from './flight-telemetry.js';

/** What a coalescer refuses because it would be too much. */
export class FlightBounds {
  constructor(
    private readonly coalescer: string,
    private readonly options: ResolvedCoalescerOptions,
    private readonly telemetry: FlightTelemetry,
  ) {}

  /** @throws {@link CoalescerOverloadedError} */
  assertKey(key: string): void {
    if (key.length > this.options.maxKeyLength) throw this.overloaded('key-too-long');
  }

  /** @throws {@link CoalescerOverloadedError} where one more than `flights` are too many */
  assertRoom(flights: number): void {
    if (flights >= this.options.maxFlights) throw this.overloaded('max-flights');
  }

  /** The refusal, counted. */
  overloaded(reason: OverloadReason): CoalescerOverloadedError {
    this.telemetry.refused(reason);
    const retryAfterMs = reason === 'key-too-long' ? undefined : this.options.retryAfterMs;
    return new CoalescerOverloadedError(this.coalescer, reason, retryAfterMs);
  }
}
