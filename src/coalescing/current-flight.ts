import { asyncFlightContexts } from './async-flight-contexts.js';
import type { FlightContext } from './kernel/index.js';

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
