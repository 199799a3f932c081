import { COOLDOWN_MS, attempts, cooledDown, openByFailures, untilAdmitted } from '../circuit.mjs';
import { never } from '../gate.mjs';
import { outcomesOf } from '../outcomes.mjs';
import { defineScenario } from '../scenario.mjs';
import { about } from '../wording.mjs';

export const scenario = defineScenario({
  id: 'lost-probe-unlimited',
  family: 'circuit-breaking',
  title: 'The probe never settles, and calls have no time limit',
  expected:
    'Calls may take as long as they like; the probe hangs for ever, and a probe is given 500 ms where that can be set. Nobody else waits for it longer than that (1 s at most), and within 2 s another call is let through.',
  needs: 'probe-limit',
  async run(subject) {
    const breaker = await subject.make({ cooldownMs: COOLDOWN_MS, probeLimitMs: 500 });
    await openByFailures(breaker);
    await cooledDown();
    const probing = await attempts(breaker, 1, { call: never, withinMs: 20 });
    const meanwhile = await attempts(breaker, 1, { withinMs: 1 });
    const answered = outcomesOf(meanwhile.callers, 2_500);
    const again = await untilAdmitted(breaker, 2_500);
    const [other] = await answered;
    const otherGot = other.kind === 'waiting' ? 'still waited' : 'had an answer';
    return {
      happened: `Another caller ${otherGot} ${about(other.ms)}; ${again === undefined ? 'no other call was let through within 2,500 ms' : `the next call was let through ${about(again)}`}.`,
      pass:
        probing.admitted === 1 &&
        other.kind !== 'waiting' &&
        other.ms < 1_000 &&
        again !== undefined &&
        again < 2_000,
    };
  },
});
