import { AsyncLocalStorage } from 'node:async_hooks';
import type { FlightContext, FlightContextStorage } from './kernel/index.js';

const storage = new AsyncLocalStorage<FlightContext>();

/** The async context of whoever loads this module: no request's. */
const detached = AsyncLocalStorage.snapshot();

/** Loaders that have not settled. */
let running = 0;

/**
 * Flights' async contexts on `AsyncLocalStorage`; one for all coalescers, so that a loader that waits
 * for itself through another coalescer is found too.
 *
 * While no loader runs, nothing is tracked: on Node 20 and 22 a storage in use costs every promise and
 * every request of the process.
 */
export const asyncFlightContexts: FlightContextStorage = {
  run: (flight, fn) => detached(() => storage.run(flight, fn)),
  detached: (fn) => detached(fn),
  begun: () => {
    running++;
  },
  ended: () => {
    if (--running === 0) storage.disable();
  },
  current: () => storage.getStore(),
};
