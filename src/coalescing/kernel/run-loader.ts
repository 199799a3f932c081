import type { Flight } from './flight.js';

/**
 * Calls the flight's loader and tells what it came to: one of the two, once, and never before this
 * function has returned. A synchronous throw is an error like any other.
 */
export function runLoader(
  flight: Flight,
  onValue: (value: unknown) => void,
  onError: (error: unknown) => void,
): void {
  try {
    Promise.resolve(flight.load()).then(onValue, onError);
  } catch (error) {
    queueMicrotask(() => onError(error));
  }
}
