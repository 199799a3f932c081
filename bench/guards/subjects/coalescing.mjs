import { loadBuilt } from '../built.mjs';

const { CoalescingService } = await loadBuilt('coalescing/index.js');

const AMPLE = 1_000_000;

/** Flights without a bound that matters here. @param {object} [options] */
export function openFlights(options) {
  return new CoalescingService({ maxFlights: AMPLE, maxJoinersPerFlight: AMPLE, ...options });
}

/** A loader that ends when it is told. */
export class HeldLoader {
  load = () =>
    new Promise((resolve) => {
      this.land = resolve;
    });
}

/**
 * Flights that are under way and do not end.
 *
 * @param {ReturnType<typeof openFlights>} flights
 * @param {number} count
 */
export function keepFlying(flights, count) {
  const pending = new Promise(() => {});
  for (let i = 0; i < count; i++) void flights.run(standingKey(i), () => pending);
}

/** @param {number} i */
export function standingKey(i) {
  return `standing ${i}`;
}
