// What a good programmer writes in ten minutes: the limit.
import { COOLDOWN_MS } from './breaker.mjs';

/** Nothing in between. @type {import('./breaker.mjs').OpenBreaker} */
export function direct({ action }) {
  return { self: action, call: action };
}

/** Three failures in a row open it. @type {import('./breaker.mjs').OpenBreaker} */
export function counter({ action, trips }) {
  const threshold = trips ? 3 : Number.MAX_SAFE_INTEGER;
  let failures = 0;
  let openUntil = 0;
  const succeeded = (value) => {
    failures = 0;
    return value;
  };
  const failed = (error) => {
    if (++failures >= threshold) openUntil = performance.now() + COOLDOWN_MS;
    throw error;
  };
  const call = () => {
    if (openUntil !== 0 && performance.now() < openUntil) {
      return Promise.reject(new Error('circuit open'));
    }
    return action().then(succeeded, failed);
  };
  return { self: call, call };
}
