import { COOLDOWN_MS, LIMIT_MS, attempts, cooledDown, openByFailures } from '../circuit.mjs';
import { defineScenario } from '../scenario.mjs';
import { setWallClockBack } from '../wall-clock.mjs';

const HOUR_MS = 3_600_000;

export const scenario = defineScenario({
  id: 'clock-set-back',
  family: 'circuit-breaking',
  title: 'The clock is set back an hour while the circuit is open',
  expected:
    'The wall clock goes back an hour after the circuit has opened; the monotonic clock goes on. After the cooldown a probe is let through, and its success closes the circuit.',
  async run(subject) {
    const breaker = await subject.make({ cooldownMs: COOLDOWN_MS, limitMs: LIMIT_MS });
    await openByFailures(breaker);
    setWallClockBack(HOUR_MS);
    await cooledDown();
    const probing = await attempts(breaker, 1);
    const next = await attempts(breaker, 3);
    return {
      happened: `After the cooldown ${probing.admitted} of 1 was let through, then ${next.admitted} of 3.`,
      pass: probing.admitted === 1 && next.admitted === 3,
    };
  },
});
