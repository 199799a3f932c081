import type { FlightContext, Loader } from './flight-context.js';

/** A flight of this process that asks for its like in other processes. */
export interface SharedFlight {
  /** Name of its coalescer. */
  readonly coalescer: string;
  readonly flight: FlightContext;
}

/**
 * Makes one flight out of those that several processes have of one key. A coalescer whose `scope` is
 * `cluster` gives its loaders to it.
 */
export interface FlightSharing {
  /**
   * Calls `load`, or waits for the process that has done so, and ends as that did. Where the others
   * cannot be reached it calls `load`: it adds no failure of its own.
   */
  fly(shared: SharedFlight, load: () => unknown): Promise<unknown>;

  /** Makes the flight of `key` unjoinable in every process. */
  forget(coalescer: string, key: string): void;
}

/** A loader that asks the other processes before it calls `load`. */
export function sharedLoader(
  sharing: FlightSharing,
  coalescer: string,
  load: Loader<unknown>,
): Loader<unknown> {
  return (flight) => sharing.fly({ coalescer, flight }, () => load(flight));
}
