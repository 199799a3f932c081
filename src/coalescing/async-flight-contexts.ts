import { AsyncLocalStorage } from 'node:async_hooks';
import type { FlightContext, FlightContextStorage } from './kernel/index.js';

const storage = new AsyncLocalStorage<FlightContext>();

/** The async context of whoever loads this module: no request's. */
const detached = AsyncLocalStorage.snapshot();

/**
 * Flights' async contexts on `AsyncLocalStorage`; one for all coalescers, so that a loader that waits
 * for itself through another coalescer is found too.
 */
export const asyncFlightContexts: FlightContextStorage = {
  run: (flight, fn) => detached(() => storage.run(flight, fn)),
  detached: (fn) => detached(fn),
  current: () => storage.getStore(),
};
