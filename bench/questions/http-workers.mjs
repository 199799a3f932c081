import { setTimeout as sleep } from 'node:timers/promises';
import { defineQuestion } from '../harness/question.mjs';
import { checkAnswer } from '../load/check-answer.mjs';
import { THROUGHPUT_METRICS, throughputOf } from '../load/throughput.mjs';
import { findWrk } from '../load/wrk.mjs';
import { SMALL_BODY } from '../servers/body.mjs';
import { openContenders } from '../servers/start/contenders.mjs';
import { breakwater } from '../servers/start/node-server.mjs';

const PATH = '/products?productId=SKU123&fields=name,price';
const CONNECTIONS = 64;
const GIVE_UP_MS = 20_000;

/** A day: nothing goes stale while it is measured. */
const LASTING = { FRESH_TTL_MS: '86400000' };

const ONE = 'Breakwater';
const TWO = 'Breakwater, two workers';

/** @type {readonly import('../servers/start/contenders.mjs').Entry[]} */
const ENTRIES = [
  { name: ONE, role: 'ours', server: () => breakwater(LASTING) },
  { name: TWO, role: 'ours', server: () => breakwater({ ...LASTING, WORKERS: '2' }) },
];

export const question = defineQuestion({
  id: 'http-workers',
  title: 'A hot hit of several workers',
  about:
    `wrk asks for the same ${SMALL_BODY.length} bytes of JSON over ${CONNECTIONS} kept connections. All ` +
    'processes of a contender share one core, as the load needs the other: what a request costs them ' +
    'together, the primary included, says how many more they answer on cores of their own.',
  metrics: THROUGHPUT_METRICS,
  targets: [
    {
      ...{ metric: 'cpuUs', of: TWO, against: ONE, atMost: 1.11 },
      text: `at most 1.11 × the CPU of ${ONE}: on two cores 1.8 × its requests`,
    },
  ],
  open: ({ quick }) =>
    openContenders(ENTRIES, { quick }, (group) => {
      const wrk = findWrk();
      return async (server, { name }) => {
        if (name === TWO) await bothServe(server.origin);
        await checkAnswer(server, PATH, SMALL_BODY, { 'cache-status': /^breakwater; hit/ });
        const load = { path: PATH, connections: CONNECTIONS, quick, calls: 'never' };
        return throughputOf(wrk, group, server, load);
      };
    }),
});

/** @param {string} origin */
async function bothServe(origin) {
  for (const deadline = performance.now() + GIVE_UP_MS; performance.now() < deadline;) {
    const answer = await fetch(`${origin}/health`, { headers: { Connection: 'close' } });
    const { details } = await answer.json();
    if (details.workers.running === 2) return;
    await sleep(20);
  }
  throw new Error('The second worker does not serve');
}
