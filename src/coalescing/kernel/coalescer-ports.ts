import type { Runtime } from '../../ground/index.js';
import type { FlightEvents } from './flight-telemetry.js';
import type { FlightContext } from './flight.js';

/** The port through which the kernel handles async contexts (on Node: `AsyncLocalStorage`). */
export interface FlightContextStorage {
  /** Runs `fn` outside the caller's async context, in one where {@link current} is `flight`. */
  run<R>(flight: FlightContext, fn: () => R): R;

  /**
   * Runs `fn` outside the caller's async context, where {@link current} is nothing.
   *
   * @param flight the one that `fn` is a part of, for those who watch; left out for what serves many
   */
  detached<R>(fn: () => R, flight?: FlightContext): R;

  /** A loader is about to run in the context of its flight; {@link ended} follows, once. */
  begun(): void;

  /** A loader that had {@link begun} has settled. */
  ended(): void;

  /** The flight whose loader, or whatever it started, is running. */
  current(): FlightContext | undefined;
}

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
  run(shared: SharedFlight, load: () => unknown): Promise<unknown>;

  /** Makes the flight of `key` unjoinable in every process. */
  forget(coalescer: string, key: string): void;
}

/** What a coalescer needs from the world around it. */
export interface CoalescerPorts extends Pick<Runtime, 'clock' | 'scheduler'> {
  readonly contexts: FlightContextStorage;
  /** Numbers the flights of the process, so that an event says which of them it speaks of. */
  readonly nextFlightId: () => number;
  readonly events: FlightEvents;
  /** Shares flights with other processes. @default absent: `scope` makes no difference */
  readonly sharing?: FlightSharing | undefined;
}
