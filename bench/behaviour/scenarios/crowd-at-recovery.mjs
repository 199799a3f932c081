import { setTimeout as sleep } from 'node:timers/promises';
import { COOLDOWN_MS, LIMIT_MS, attempts, cooledDown, openByFailures } from '../circuit.mjs';
import { countedLoader } from '../counted-loader.mjs';
import { count, lastMs } from '../outcomes.mjs';
import { defineScenario } from '../scenario.mjs';
import { about, some } from '../wording.mjs';

export const scenario = defineScenario({
  id: 'crowd-at-recovery',
  family: 'circuit-breaking',
  title: 'Five hundred callers when the cooldown is over',
  expected:
    'Five hundred come in one turn; the backend takes 300 ms. One is the probe; the other 499 are refused at once (within 150 ms), so that a backend which has just recovered gets one call, not five hundred.',
  async run(subject) {
    const breaker = await subject.make({ cooldownMs: COOLDOWN_MS, limitMs: LIMIT_MS });
    await openByFailures(breaker);
    await cooledDown();
    const backend = countedLoader(() => sleep(300, 'ok'));
    const crowd = await attempts(breaker, 500, { call: backend.load, withinMs: 1_500 });
    const served = count(crowd.outcomes, 'value');
    return {
      happened: `${some(backend.calls, 'call')}, ${backend.mostAtOnce} at once; ${crowd.refused} refused${crowd.refused ? `, the last ${about(crowd.refusedMs)}` : ''}; ${served} served, the last answer ${about(lastMs(crowd.outcomes))}.`,
      pass: backend.calls === 1 && crowd.refused === 499 && crowd.refusedMs < 150,
    };
  },
});
