import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { channel } from 'node:diagnostics_channel';
import { runtimeOf } from '../ground/index.js';
import { COALESCING_CHANNEL } from './coalescing.tokens.js';
import { Coalescer } from './kernel/index.js';
import type {
  CoalescerOptions,
  CoalescerPorts,
  FlightContext,
  FlightContextStorage,
} from './kernel/index.js';

const storage = new AsyncLocalStorage<FlightContext>();

/** The async context of whoever loads this module: no request's. */
const outside = new AsyncResource('breakwater');

/** Loaders that have not settled. */
let running = 0;

/** Flights of the process so far. */
let flights = 0;

/** Runs a part of a flight in a context of its own, such as that of the flight's span. */
export type FlightWrap = <R>(flight: FlightContext, fn: () => R) => R;

let wrap: FlightWrap | undefined;

/**
 * Has every loader of the process run within `wrapper`, for who traces flights: what the loader starts is
 * then a part of the flight, and of nobody's request. One wrapper at a time.
 *
 * @returns what ends that
 */
export function wrapFlights(wrapper: FlightWrap): () => void {
  wrap = wrapper;
  return () => {
    if (wrap === wrapper) wrap = undefined;
  };
}

/** `fn` within the wrapper, if there is one. */
function wrapped<R>(flight: FlightContext | undefined, fn: () => R): () => R {
  const outer = wrap;
  return outer === undefined || flight === undefined ? fn : () => outer(flight, fn);
}

/**
 * Flights' async contexts on `AsyncLocalStorage`; one for all coalescers, so that a loader that waits
 * for itself through another coalescer is found too.
 *
 * While no loader runs, nothing is tracked: on Node 20 and 22 a storage in use costs every promise and
 * every request of the process.
 */
export const asyncFlightContexts: FlightContextStorage = {
  run: (flight, fn) => outside.runInAsyncScope(() => storage.run(flight, wrapped(flight, fn))),
  detached: (fn, flight) => outside.runInAsyncScope(wrapped(flight, fn)),
  begun: () => {
    running++;
  },
  ended: () => {
    if (--running === 0) storage.disable();
  },
  current: () => storage.getStore(),
};

/**
 * The flight whose loader is running, for code that is not handed the context: a method behind
 * `@Coalesce()`, or what it calls. `undefined` outside of loaders and with `detectSelfJoin: false`.
 *
 * @example
 * const response = await fetch(url, { signal: currentFlight()?.signal });
 */
export function currentFlight(): FlightContext | undefined {
  return asyncFlightContexts.current();
}

/** The process's clock, timers, async contexts and diagnostics channel. */
export const SYSTEM_PORTS: CoalescerPorts = {
  ...runtimeOf(),
  contexts: asyncFlightContexts,
  nextFlightId: () => ++flights,
  events: channel(COALESCING_CHANNEL),
};

/**
 * A coalescer for code without Nest, on the process's clock, timers, async contexts and diagnostics
 * channel; `ports` replaces any of them.
 *
 * @throws InvalidOptionError
 */
export function createCoalescer(
  name: string,
  options: CoalescerOptions = {},
  ports: Partial<CoalescerPorts> = {},
): Coalescer {
  return new Coalescer(name, options, { ...SYSTEM_PORTS, ...ports });
}
