import { CircuitBreaker, CircuitRegistry } from '../../dist/circuit-breaker/index.js';
import { COOLDOWN_MS } from './breaker.mjs';

const NEVER = 1_000_000_000;

/** @param {import('./breaker.mjs').BreakerOptions} options @param {object} policy */
function breakerOf({ action }, policy) {
  const breaker = new CircuitBreaker('measured', { policy, cooldownMs: COOLDOWN_MS });
  return { self: breaker, call: () => breaker.execute(action), admit: () => breaker.admit() };
}

/** @type {CircuitRegistry | undefined} */
let registry;
let keys = 0;

/** As circuits by tenant are made: all with the same options, in one registry. @type {import('./breaker.mjs').OpenBreaker} */
export function keyed({ action }) {
  registry ??= new CircuitRegistry({ maxKeys: 1_000_000, cooldownMs: COOLDOWN_MS });
  const breaker = registry.keyed('tenants', `tenant ${keys++}`);
  return { self: breaker, call: () => breaker.execute(action), admit: () => breaker.admit() };
}

/** @type {import('./breaker.mjs').OpenBreaker} */
export function consecutive(options) {
  return breakerOf(options, { kind: 'consecutive', failures: options.trips ? 3 : NEVER });
}

/** @param {number} buckets @returns {import('./breaker.mjs').OpenBreaker} */
function byTime(buckets) {
  return (options) => {
    const minimumCalls = options.trips ? 10 : NEVER;
    return breakerOf(options, { kind: 'time-window', windowMs: 10_000, buckets, minimumCalls });
  };
}

/** @param {number} size @returns {import('./breaker.mjs').OpenBreaker} */
function byCount(size) {
  // A rate of 1 holds as long as there is a success in the window.
  return (options) =>
    breakerOf(options, { kind: 'count-window', size, rate: options.trips ? 0.5 : 1 });
}

export const timeWindow = byTime(10);
export const fineTimeWindow = byTime(1_000);
export const smallCountWindow = byCount(10);
export const largeCountWindow = byCount(100_000);
