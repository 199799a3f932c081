import { versionOf } from '../subject.mjs';

/** @type {import('../subject.mjs').BreakerSubject} */
export const subject = {
  id: 'mollitia',
  name: 'mollitia',
  version: versionOf('mollitia'),
  family: 'circuit-breaking',
  ours: false,
  setting:
    '`SlidingCountBreaker` over three calls with a failure rate of 99 and one call while half-open, around a `Timeout` as the time limit, which is `halfOpenStateMaxDelay` too',
  lacks: {
    abort: 'callers have no signal',
    'retry-after': 'its refusal says nothing of time',
  },
  async make({ cooldownMs, limitMs, probeLimitMs = limitMs, rate = { calls: 3, percent: 99 } }) {
    const mollitia = await import('mollitia');
    const breaker = new mollitia.SlidingCountBreaker({
      slidingWindowSize: rate.calls,
      minimumNumberOfCalls: rate.calls,
      failureRateThreshold: rate.percent,
      openStateDelay: cooldownMs,
      halfOpenStateMaxDelay: probeLimitMs,
      permittedNumberOfCallsInHalfOpenState: 1,
    });
    const limit = new mollitia.Timeout({ delay: limitMs ?? Infinity });
    const circuit = new mollitia.Circuit({
      func: (call) => call(),
      options: { modules: [breaker, limit] },
    });
    const refusals = [mollitia.BreakerError, mollitia.BreakerMaxAllowedRequestError];
    return {
      execute: (call) => circuit.execute(() => call()),
      isRefusal: (error) => refusals.some((refusal) => error instanceof refusal),
      retryAfterMs: () => undefined,
    };
  },
};
