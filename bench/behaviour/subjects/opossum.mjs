import { versionOf } from '../subject.mjs';

/** @type {import('../subject.mjs').BreakerSubject} */
export const subject = {
  id: 'opossum',
  name: 'opossum',
  version: versionOf('opossum'),
  family: 'circuit-breaking',
  ours: false,
  setting: '`volumeThreshold: 3`, `errorThresholdPercentage: 50`; `timeout` as the time limit',
  lacks: {
    abort: 'callers have no signal',
    'probe-limit': 'a probe ends as any call does, by the time limit',
    'retry-after': 'its refusal says nothing of time',
  },
  async make({ cooldownMs, limitMs, rate = { calls: 3, percent: 50 } }) {
    const { default: CircuitBreaker } = await import('opossum');
    const breaker = new CircuitBreaker((call) => call(), {
      timeout: limitMs ?? false,
      resetTimeout: cooldownMs,
      volumeThreshold: rate.calls,
      errorThresholdPercentage: rate.percent,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
    });
    return {
      execute: (call) => breaker.fire(() => call()),
      isRefusal: (error) => error?.code === 'EOPENBREAKER',
      retryAfterMs: () => undefined,
    };
  },
};
