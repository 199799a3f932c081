import { ownVersion } from '../subject.mjs';

/** @type {import('../subject.mjs').BreakerSubject} */
export const subject = {
  id: 'breakwater-breaker',
  name: 'Breakwater',
  version: ownVersion(),
  family: 'circuit-breaking',
  ours: true,
  setting:
    '`CircuitBreaker` with three consecutive failures; `probeTimeoutMs` as the time limit, of probes alone; a count window where a scenario speaks of a rate',
  lacks: {},
  async make({ cooldownMs, limitMs, probeLimitMs = limitMs, rate }) {
    const { CircuitBreaker, CircuitOpenError } = await import('../../../dist/index.js');
    const policy = rate
      ? {
          kind: 'count-window',
          size: rate.calls,
          rate: rate.percent / 100,
          minimumCalls: rate.calls,
        }
      : { kind: 'consecutive', failures: 3 };
    const breaker = new CircuitBreaker('backend', {
      policy,
      cooldownMs,
      probeTimeoutMs: probeLimitMs,
    });
    return {
      execute: (call, signal) => breaker.execute(() => call(signal), { signal }),
      isRefusal: (error) => error instanceof CircuitOpenError,
      retryAfterMs: (error) => error.retryAfterMs,
    };
  },
};
