import CircuitBreaker from 'opossum';
import { COOLDOWN_MS } from './breaker.mjs';

/** @param {import('./breaker.mjs').BreakerOptions} options @param {object} [more] */
function breakerOf({ action, trips }, more) {
  const breaker = new CircuitBreaker(action, {
    resetTimeout: COOLDOWN_MS,
    // Below this number of calls in the window it never opens.
    volumeThreshold: trips ? 0 : Number.MAX_SAFE_INTEGER,
    ...more,
  });
  return { self: breaker, call: () => breaker.fire() };
}

/** @type {import('./breaker.mjs').OpenBreaker} */
export function byDefault(options) {
  return breakerOf(options);
}

/** Without what can be left out: the timeout, percentiles and snapshots. @type {import('./breaker.mjs').OpenBreaker} */
export function tuned(options) {
  return breakerOf(options, {
    timeout: false,
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
  });
}
