import { AsyncLocalStorage } from 'node:async_hooks';
import type { FlightContext, FlightContextStorage } from './kernel/index.js';

const storage = new AsyncLocalStorage<FlightContext>();

/** The async context of whoever loads this module: no request's. */
const detached = AsyncLocalStorage.snapshot();

/** Flights whose loaders have not settled. */
const running = new Set<FlightContext>();

/**
 * Flights' async contexts on `AsyncLocalStorage`; one for all coalescers, so that a loader that waits
 * for itself through another coalescer is found too.
 *
 * While no loader runs, nothing is tracked: on Node 20 and 22 a storage in use costs every promise and
 * every request of the process.
 */
export const asyncFlightContexts: FlightContextStorage = {
  run: (flight, fn) => {
    running.add(flight);
    return detached(() => storage.run(flight, fn));
  },
  detached: (fn) => detached(fn),
  ended: (flight) => {
    if (running.delete(flight) && running.size === 0) storage.disable();
  },
  current: () => storage.getStore(),
};
