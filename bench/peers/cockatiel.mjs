import { circuitBreaker, ConsecutiveBreaker, handleAll, SamplingBreaker } from 'cockatiel';
import { COOLDOWN_MS } from './breaker.mjs';

/** @param {import('./breaker.mjs').BreakerOptions} options @param {object} breaker */
function policyOf({ action }, breaker) {
  const policy = circuitBreaker(handleAll, { halfOpenAfter: COOLDOWN_MS, breaker });
  return { self: policy, call: () => policy.execute(action) };
}

/** @type {import('./breaker.mjs').OpenBreaker} */
export function consecutive(options) {
  return policyOf(options, new ConsecutiveBreaker(options.trips ? 3 : Number.MAX_SAFE_INTEGER));
}

/** @type {import('./breaker.mjs').OpenBreaker} */
export function sampling(options) {
  // Below this rate of calls it never opens.
  const minimumRps = options.trips ? 1 : Number.MAX_SAFE_INTEGER;
  return policyOf(options, new SamplingBreaker({ threshold: 0.5, duration: 10_000, minimumRps }));
}
