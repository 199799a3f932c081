import type { FlightContext } from './flight-context.js';

/** The port through which the kernel handles async contexts (on Node: `AsyncLocalStorage`). */
export interface FlightContextStorage {
  /** Runs `fn` outside the caller's async context, in one where {@link current} is `flight`. */
  run<R>(flight: FlightContext, fn: () => R): R;

  /** Runs `fn` outside the caller's async context, belonging to no flight. */
  detached<R>(fn: () => R): R;

  /** The loader that runs in the context of `flight` has settled. */
  ended(flight: FlightContext): void;

  /** The flight whose loader, or whatever it started, is running. */
  current(): FlightContext | undefined;
}
