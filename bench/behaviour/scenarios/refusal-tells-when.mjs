import { COOLDOWN_MS, LIMIT_MS, attempts, openByFailures } from '../circuit.mjs';
import { defineScenario } from '../scenario.mjs';
import { named } from '../wording.mjs';

export const scenario = defineScenario({
  id: 'refusal-tells-when',
  family: 'circuit-breaking',
  title: 'A refusal tells when to come back',
  expected:
    'The refusal of an open circuit carries the time that is left of its cooldown of 300 ms, for `Retry-After`.',
  needs: 'retry-after',
  async run(subject) {
    const breaker = await subject.make({ cooldownMs: COOLDOWN_MS, limitMs: LIMIT_MS });
    await openByFailures(breaker);
    const [{ kind, error }] = (await attempts(breaker, 1)).outcomes;
    if (kind !== 'error') return { happened: 'The call was not refused.', pass: false };
    const retryAfterMs = breaker.retryAfterMs(error);
    const isTrue = retryAfterMs > 0 && retryAfterMs <= COOLDOWN_MS;
    return {
      happened:
        retryAfterMs === undefined
          ? `${named(error)}, without a time.`
          : `${named(error)}, with ${isTrue ? `a time between 0 and ${COOLDOWN_MS} ms` : `${retryAfterMs} ms`}.`,
      pass: isTrue,
    };
  },
});
