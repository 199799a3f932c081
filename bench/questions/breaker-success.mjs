import { apart } from '../harness/apart.mjs';
import { defineQuestion } from '../harness/question.mjs';
import { nsPerOperation } from '../harness/timing.mjs';
import { breakerContenders, breakerOf } from '../peers/breaker.mjs';

const OURS = 'Breakwater, consecutive';
const RIVAL = 'cockatiel, consecutive';
const QUICK = ['direct call', 'counter, by hand', OURS, RIVAL];
const NAMES = [
  ...QUICK,
  'Breakwater, time window',
  'Breakwater, window of 10 calls',
  'cockatiel, sampling',
  'opossum, default',
  'opossum, tuned',
  'mollitia',
];

export const question = defineQuestion({
  id: 'breaker-success',
  title: 'A call that succeeds, through a closed circuit',
  about: 'One call after the other of an async function that returns at once, awaited.',
  metrics: [{ id: 'call', title: 'One call', unit: 'ns', better: 'less' }],
  targets: [
    {
      metric: 'call',
      of: OURS,
      against: RIVAL,
      atMost: 1,
      text: 'a success through the circuit costs at most what it costs with cockatiel',
    },
  ],
  open: async ({ quick }) =>
    apart(import.meta.url, breakerContenders(quick ? QUICK : NAMES), { quick }),
});

/** @param {string} name @param {{ quick: boolean }} options */
export async function measure(name, { quick }) {
  let calls = 0;
  const action = async () => ++calls;
  const open = await breakerOf(name);
  const { call } = open({ action, trips: true });
  const ns = await nsPerOperation(call, { quick });
  const before = calls;
  if ((await call()) !== before + 1) throw new Error('a call was not made, or its value is lost');
  return { call: ns };
}
