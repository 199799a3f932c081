import { versionOf } from '../subject.mjs';

/** @type {import('../subject.mjs').BreakerSubject} */
export const subject = {
  id: 'cockatiel',
  name: 'cockatiel',
  version: versionOf('cockatiel'),
  family: 'circuit-breaking',
  ours: false,
  setting:
    '`ConsecutiveBreaker(3)` around an aggressive `timeout` policy as the time limit; all errors handled, an abort too (where one is not, it closes a half-open circuit); a `CountBreaker` where a scenario speaks of a rate',
  lacks: {
    'probe-limit': 'a probe ends as any call does, by the time limit',
    'retry-after': 'its refusal says nothing of time',
    'full-rate': 'its constructor refuses 100 %, and says so',
  },
  async make({ cooldownMs, limitMs, rate }) {
    const cockatiel = await import('cockatiel');
    const { ConsecutiveBreaker, CountBreaker, TimeoutStrategy } = cockatiel;
    const breaker = cockatiel.circuitBreaker(cockatiel.handleAll, {
      halfOpenAfter: cooldownMs,
      breaker: rate
        ? new CountBreaker({ threshold: rate.percent / 100, size: rate.calls })
        : new ConsecutiveBreaker(3),
    });
    const policy = limitMs
      ? cockatiel.wrap(breaker, cockatiel.timeout(limitMs, TimeoutStrategy.Aggressive))
      : breaker;
    return {
      execute: (call, signal) => policy.execute((context) => call(context.signal), signal),
      isRefusal: (error) => cockatiel.isBrokenCircuitError(error),
      retryAfterMs: () => undefined,
    };
  },
};
