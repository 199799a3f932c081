import { setTimeout as sleep } from 'node:timers/promises';
import { COOLDOWN_MS, LIMIT_MS, attempts, cooledDown, openByFailures } from '../circuit.mjs';
import { outcomeOf } from '../outcomes.mjs';
import { defineScenario } from '../scenario.mjs';
import { told } from '../wording.mjs';

export const scenario = defineScenario({
  id: 'probe-abandoned',
  family: 'circuit-breaking',
  title: 'The caller of the probe aborts',
  expected:
    'The caller leaves while the probe is out, and its call ends by that. That says nothing of the backend: the circuit neither closes nor opens again. Of the next three callers one is let through at once, as the probe.',
  needs: 'abort',
  async run(subject) {
    const breaker = await subject.make({ cooldownMs: COOLDOWN_MS, limitMs: LIMIT_MS });
    await openByFailures(breaker);
    await cooledDown();
    const leaving = new AbortController();
    const call = (signal) => sleep(1_000, 'ok', { signal });
    const probing = await attempts(breaker, 1, { call, signal: leaving.signal, withinMs: 20 });
    leaving.abort(new Error('caller left'));
    const gone = await outcomeOf(probing.callers[0], 1_500);
    // They take their time, so that a probe's success cannot let the others through.
    const next = await attempts(breaker, 3, { call: () => sleep(200, 'ok') });
    return {
      happened: `The caller who left: ${told(gone)}. Of the next three ${next.admitted} let through, ${next.refused} refused, ${next.waiting - next.admitted} made to wait.`,
      pass: probing.admitted === 1 && next.admitted === 1 && next.refused === 2,
    };
  },
});
