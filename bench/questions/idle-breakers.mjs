import { createHook } from 'node:async_hooks';
import { apart } from '../harness/apart.mjs';
import { defineQuestion } from '../harness/question.mjs';
import { breakerContenders, breakerOf } from '../peers/breaker.mjs';

const BREAKERS = 10_000;

const OURS = ['Breakwater, by key', 'Breakwater, consecutive', 'Breakwater, time window'];
const QUICK = ['counter, by hand', ...OURS, 'cockatiel, consecutive'];
const NAMES = [
  ...QUICK,
  'Breakwater, window of 10 calls',
  'cockatiel, sampling',
  'opossum, default',
  'opossum, tuned',
  'mollitia',
];

export const question = defineQuestion({
  id: 'idle-breakers',
  title: `${BREAKERS.toLocaleString('en')} circuits that nobody uses`,
  about:
    'Each has let one call of one and the same action through, and has been idle since. The heap ' +
    'after a collection, by the number of circuits, and the timers that are there for them, including ' +
    'those that do not keep the process alive.',
  metrics: [
    { id: 'bytes', title: 'One idle circuit', unit: 'bytes', better: 'less' },
    { id: 'timers', title: 'Timers for all of them', unit: 'timers', better: 'less' },
  ],
  targets: OURS.flatMap((of) => {
    const kind = of.replace(/.*, /, '');
    return [
      { metric: 'timers', of, atMost: 0, text: `idle circuits have no timers (${kind})` },
      { metric: 'bytes', of, atMost: 1_024, text: `an idle circuit takes at most 1 KiB (${kind})` },
    ];
  }),
  open: async ({ quick }) =>
    apart(import.meta.url, breakerContenders(quick ? QUICK : NAMES), { quick }),
});

/** @param {string} name */
export async function measure(name) {
  const open = await breakerOf(name);
  // What the first ones load and compile is not theirs.
  const before = await makeBreakers(open, 100);

  const timers = new Set();
  const hook = createHook({
    init: (id, type) => {
      if (type === 'Timeout') timers.add(id);
    },
    destroy: (id) => timers.delete(id),
  }).enable();
  const empty = heapBytes();
  const breakers = await makeBreakers(open, BREAKERS);
  // Timers of the calls themselves are gone after a turn.
  await new Promise((resolve) => setImmediate(resolve));
  const bytes = (heapBytes() - empty) / BREAKERS;
  const held = timers.size;
  hook.disable();
  if (before.length + breakers.length !== 100 + BREAKERS) throw new Error('some are missing');
  return { bytes, timers: held };
}

/** @param {import('../peers/breaker.mjs').OpenBreaker} open @param {number} count */
async function makeBreakers(open, count) {
  let calls = 0;
  const action = async () => ++calls;
  const breakers = [];
  for (let i = 0; i < count; i++) {
    const { self, call } = open({ action, trips: true });
    await call();
    breakers.push(self);
  }
  if (calls !== count) throw new Error(`${calls} calls were made by ${count} circuits`);
  return breakers;
}

function heapBytes() {
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
