import {
  COOLDOWN_MS,
  LIMIT_MS,
  attempts,
  cooledDown,
  openByFailures,
  untilAdmitted,
} from '../circuit.mjs';
import { gate } from '../gate.mjs';
import { outcomeOf, started } from '../outcomes.mjs';
import { defineScenario } from '../scenario.mjs';
import { about } from '../wording.mjs';

export const scenario = defineScenario({
  id: 'late-success-half-open',
  family: 'circuit-breaking',
  title: 'A call from before succeeds while the probe is out',
  expected:
    'A call starts while the circuit is closed; the circuit opens, cools down, and a probe goes out. Then that old call succeeds. It decides nothing: none of five callers is let through. The probe fails: the circuit is open again, and lets a probe through when its cooldown is over (within 900 ms).',
  async run(subject) {
    const breaker = await subject.make({ cooldownMs: COOLDOWN_MS, limitMs: LIMIT_MS });
    const [old, probe] = [gate(), gate()];
    const slow = started(() => breaker.execute(() => old.passed));
    await openByFailures(breaker);
    await cooledDown();
    const probing = await attempts(breaker, 1, { call: () => probe.passed, withinMs: 20 });
    old.open('late');
    await outcomeOf(slow, 500);
    const during = await attempts(breaker, 5);
    probe.fail(new Error('backend down'));
    await outcomeOf(probing.callers[0], 500);
    const after = await attempts(breaker, 1);
    const again = await untilAdmitted(breaker, 3_000);
    return {
      happened: `After the old call’s success ${during.admitted} of 5 were let through. After the failed probe ${after.admitted} of 1 was let through; ${again === undefined ? 'no probe followed within 3,000 ms' : `the next probe followed ${about(again)}`}.`,
      pass:
        probing.admitted === 1 &&
        during.admitted === 0 &&
        after.admitted === 0 &&
        again !== undefined &&
        again < 900,
    };
  },
});
