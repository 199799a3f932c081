import { apart } from '../harness/apart.mjs';
import { defineQuestion } from '../harness/question.mjs';
import { nsPerOperation } from '../harness/timing.mjs';
import { breakerContenders, breakerOf } from '../peers/breaker.mjs';

const DECISION = 'Breakwater, decision alone (synchronous)';
const ERROR = 'Breakwater, consecutive';
const RIVAL = 'cockatiel, consecutive';
const QUICK = ['counter, by hand', ERROR, DECISION, RIVAL];
const NAMES = [...QUICK, 'opossum, default', 'opossum, tuned', 'mollitia'];

/** Failures that open every one of them. */
const ENOUGH = 100;

export const question = defineQuestion({
  id: 'breaker-refusal',
  title: 'A call that an open circuit refuses',
  about:
    'One refused call after the other, each with a reaction on its rejection; of the decision alone ' +
    'nothing is awaited. The counter by hand rejects with a new Error.',
  metrics: [{ id: 'refusal', title: 'One refusal', unit: 'ns', better: 'less' }],
  targets: [
    {
      metric: 'refusal',
      of: DECISION,
      atMost: 150,
      text: 'the decision to refuse costs at most 150 ns',
    },
    {
      metric: 'refusal',
      of: ERROR,
      against: RIVAL,
      atMost: 1 / 3,
      text: 'a refusal as an error costs at most a third of what it costs with cockatiel',
    },
  ],
  open: async ({ quick }) =>
    apart(import.meta.url, breakerContenders(quick ? QUICK : NAMES), { quick }),
});

/** @param {string} name @param {{ quick: boolean }} options */
export async function measure(name, { quick }) {
  let calls = 0;
  const action = async () => {
    calls++;
    throw new Error('down');
  };
  const open = await breakerOf(name);
  const { call, admit } = open({ action, trips: true });
  const ignore = () => undefined;
  for (let i = 0; i < ENOUGH; i++) await call().catch(ignore);
  if (calls === ENOUGH) throw new Error(`${ENOUGH} failures did not open it`);

  const before = calls;
  let refused = 0;
  const onRefusal = () => {
    refused++;
  };
  const refusal =
    name === DECISION
      ? () => {
          if (!admit().admitted) refused++;
        }
      : () => call().then(ignore, onRefusal);
  const ns = await nsPerOperation(refusal, { quick });
  if (calls !== before || refused === 0) throw new Error('a call went through the open circuit');
  return { refusal: ns };
}
