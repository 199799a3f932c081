import { apart } from '../harness/apart.mjs';
import { defineQuestion } from '../harness/question.mjs';
import { nsPerOperation } from '../harness/timing.mjs';
import { breakerContenders, breakerOf } from '../peers/breaker.mjs';

/** One call of so many succeeds, so that a window over ten of them never holds failures alone. */
const CYCLE = 8;
const BUSY = 10_000;

const LIMIT = 'direct call';
const OURS = [
  'Breakwater, consecutive',
  'Breakwater, window of 10 calls',
  'Breakwater, window of 100 000 calls',
  'Breakwater, time window',
  'Breakwater, time window of 1 000 buckets',
];
const QUICK = [LIMIT, OURS[0], OURS[2], 'cockatiel, consecutive'];
const NAMES = [
  LIMIT,
  'counter, by hand',
  ...OURS,
  'cockatiel, consecutive',
  'cockatiel, sampling',
  'opossum, default',
  'opossum, tuned',
  'mollitia',
];

export const question = defineQuestion({
  id: 'breaker-failure',
  title: 'A call that fails, through a closed circuit',
  about:
    `An async function that throws a new Error at ${CYCLE - 1} of ${CYCLE} calls, through circuits that ` +
    `do not open of it and have seen ${BUSY.toLocaleString('en')} calls before. The direct call is what ` +
    'the error itself costs.',
  metrics: [{ id: 'call', title: 'One call', unit: 'ns', better: 'less' }],
  targets: OURS.map((of) => ({
    metric: 'call',
    of,
    against: LIMIT,
    atMost: 1,
    plus: 1_000,
    text: `counting a failure costs at most 1 µs beyond the error itself (${of.replace(/.*, /, '')})`,
  })),
  open: async ({ quick }) =>
    apart(import.meta.url, breakerContenders(quick ? QUICK : NAMES), { quick }),
});

/** @param {string} name @param {{ quick: boolean }} options */
export async function measure(name, { quick }) {
  let calls = 0;
  const action = async () => {
    if (++calls % CYCLE === 0) return calls;
    throw new Error('down');
  };
  const open = await breakerOf(name);
  const { call } = open({ action, trips: false });
  let failures = 0;
  const ignore = () => undefined;
  const onFailure = () => {
    failures++;
  };
  const once = () => call().then(ignore, onFailure);
  // Of those with a busy window a single call may take long.
  const until = performance.now() + 5_000;
  for (let i = 0; i < BUSY && performance.now() < until; i++) await once();

  const ns = await nsPerOperation(once, { quick });
  const expected = calls - Math.floor(calls / CYCLE);
  if (failures !== expected) {
    throw new Error(`${failures} failures reached the caller, not ${expected}: it has opened`);
  }
  return { call: ns };
}
