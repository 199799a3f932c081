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
  /** Number of the flight, unique in its coalescer. */
  readonly id: number;
  /** Hash of the key (which may be private). */
  readonly keyHash: string;
  /** Milliseconds since the flight started, or was queued. */
  readonly ageMs: number;
  /** Callers beside the leader who wait. */
  readonly joiners: number;
  readonly phase: FlightPhase;
  /** The loader still runs although the flight's deadline has passed. */
  readonly stuck: boolean;
}
