import type { OverloadReason } from './coalescing.error.js';

/**
 * Why a flight was started: nobody was there (`first`), to come after the one under way (`queued`), the
 * one before was too old (`overtake`) or hung (`takeover`), or a joiner leads again (`retry`).
 */
export type FlightOrigin = 'first' | 'queued' | 'overtake' | 'takeover' | 'retry';

/** How a flight ended. */
export type LandedAs =
  'value' | 'uncacheable' | 'error' | 'timeout' | 'abandoned' | 'superseded' | 'closed';

/** Why a caller left before the end. */
export type LeaveCause = 'signal' | 'timeout';

interface OfFlight {
  /** Name of the coalescer. */
  readonly coalescer: string;
  /** Number of the flight, unique in its coalescer: what joiners link to. */
  readonly flight: number;
  readonly keyHash: string;
}

/** What happened, told after it has happened. */
export type FlightEvent =
  | (OfFlight & { readonly type: 'led'; readonly origin: FlightOrigin })
  | (OfFlight & { readonly type: 'joined'; readonly joiners: number })
  | (OfFlight & { readonly type: 'left'; readonly cause: LeaveCause })
  | (OfFlight & { readonly type: 'landed'; readonly as: LandedAs; readonly durationMs: number })
  | (OfFlight & { readonly type: 'forgotten' })
  | {
      readonly type: 'refused';
      readonly coalescer: string;
      readonly reason: OverloadReason | 'self-join';
    };

/** The port for events; a channel of `node:diagnostics_channel` is one. */
export interface FlightEvents {
  /** Whether anyone listens: otherwise no event is even made. */
  readonly hasSubscribers: boolean;
  publish(event: FlightEvent): void;
}
