import { COOLDOWN_MS, LIMIT_MS, attempts } from '../circuit.mjs';
import { defineScenario } from '../scenario.mjs';
import { named } from '../wording.mjs';

const CALLS = 10;

export const scenario = defineScenario({
  id: 'full-rate-threshold',
  family: 'circuit-breaking',
  title: 'A threshold of 100 %',
  expected:
    'The circuit is to open when all of ten calls have failed, so the threshold is set to 100 %. Nine failures leave it closed, ten open it. What a threshold of 99 % does is told beside it.',
  needs: 'full-rate',
  async run(subject) {
    const full = await opened(subject, 100);
    const almost = await opened(subject, 99);
    return {
      happened: `100 %: ${told(full)}. 99 %: ${told(almost)}.`,
      pass: full.byTen === true && full.byNine === false,
    };
  },
});

/** Whether nine, and ten, failures of ten calls have opened the circuit. */
async function opened(subject, percent) {
  const options = { cooldownMs: COOLDOWN_MS, limitMs: LIMIT_MS, rate: { calls: CALLS, percent } };
  try {
    const byNine = await isOpenAfter(await subject.make(options), 9);
    return { byNine, byTen: await isOpenAfter(await subject.make(options), 10) };
  } catch (refused) {
    return { refused };
  }
}

async function isOpenAfter(breaker, failures) {
  const fail = async () => {
    throw new Error('backend down');
  };
  for (let call = 0; call < CALLS; call++) {
    await attempts(breaker, 1, call < CALLS - failures ? {} : { call: fail });
  }
  return (await attempts(breaker, 1)).admitted === 0;
}

function told({ byNine, byTen, refused }) {
  if (refused) return `refused by ${named(refused)}`;
  const state = (isOpen) => (isOpen ? 'open' : 'closed');
  return `${state(byNine)} after nine failures, ${state(byTen)} after ten`;
}
