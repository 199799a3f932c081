import type { FlightContext } from './flight-context.js';

/** The port through which the kernel handles async contexts (on Node: `AsyncLocalStorage`). */
export interface FlightContextStorage {
  /** Runs `fn` outside the caller's async context, in one where {@link current} is `flight`. */
  run<R>(flight: FlightContext, fn: () => R): R;

  /** Runs `fn` outside the caller's async context, belonging to no flight. */
  detached<R>(fn: () => R): R;

  /** A loader is about to run in the context of its flight; {@link ended} follows, once. */
  begun(): void;

  /** A loader that had {@link begun} has settled. */
  ended(): void;

  /** The flight whose loader, or whatever it started, is running. */
  current(): FlightContext | undefined;
}
