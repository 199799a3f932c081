import { defineQuestion } from '../harness/question.mjs';
import { checkAnswer } from '../load/check-answer.mjs';
import { askAtOnce, connected, freshPath, startClients } from '../load/fan-out.mjs';
import { bodyOf } from '../servers/body.mjs';
import { openContenders } from '../servers/start/contenders.mjs';
import { breakwater, nodeServer } from '../servers/start/node-server.mjs';
import { peerVersion } from '../servers/start/peer-version.mjs';
import { forgetPeak, residentBytes } from '../servers/start/process-cost.mjs';

const MIB = 2 ** 20;
const COUNT = 1_000;
const SCRIPT = { delayMs: 200, bytes: MIB };
const SMALL_BYTES = 1_000;
const WARM_UPS = 3;

const RAW = 'node:http, Map, shared Buffer';
const OURS = 'Breakwater';

/** @type {readonly import('../servers/start/contenders.mjs').Entry[]} */
const ENTRIES = [
  { name: RAW, role: 'limit', server: () => nodeServer('raw-map.mjs') },
  { name: OURS, role: 'ours', server: () => breakwater() },
  {
    name: 'Nest + Express, an object to each',
    role: 'peer',
    thorough: true,
    version: peerVersion('@nestjs/core', 'express'),
    server: () => nodeServer('nest-express-map.mjs'),
  },
];

export const question = defineQuestion({
  id: 'http-big-body',
  title: 'Many clients wait for a big body',
  about:
    `${COUNT.toLocaleString('en')} clients ask at once for 1 MiB that the backend takes ` +
    `${SCRIPT.delayMs} ms for; told is what the last answer takes beyond them, and how far memory grows.`,
  metrics: [
    { id: 'last', title: 'last answer', unit: 'ms', better: 'less' },
    { id: 'held', title: 'peak growth of heap and external memory', unit: 'MiB', better: 'less' },
    { id: 'resident', title: 'peak growth of the process', unit: 'MiB', better: 'less' },
  ],
  targets: [
    { metric: 'held', of: OURS, atMost: 16, text: 'one Buffer in memory, not a body for each' },
    {
      ...{ metric: 'resident', of: OURS, against: RAW, atMost: 1.25, plus: 8 },
      text: `the process grows at most 1.25 × as far as ${RAW}, and 8 MiB`,
    },
  ],
  open: ({ quick }) =>
    openContenders(ENTRIES, { quick }, async (group) => {
      const clients = await startClients(group);
      return async (server, entry) => {
        await checkAnswer(server, freshPath({ ...SCRIPT, delayMs: 0 }), bodyOf(SCRIPT.bytes));
        await server.stop();
        return async () => {
          // A new process each time: one that has grown before has room to reuse.
          const fresh = await group.start(entry.name, entry.server());
          try {
            return await connected(clients, fresh, COUNT, () => fanOut(clients, fresh));
          } finally {
            await fresh.stop();
          }
        };
      };
    }),
});

async function fanOut(clients, server) {
  // In a small size before: what first requests leave behind, on connections and in code, is no body.
  for (let turn = 0; turn < WARM_UPS; turn += 1) {
    await askAtOnce(clients, { ...SCRIPT, bytes: SMALL_BYTES });
  }
  await server.ask({ type: 'watch' });
  forgetPeak(server.pid);
  const before = residentBytes(server.pid, 'VmRSS');
  const { lastMs } = await askAtOnce(clients, SCRIPT);
  const resident = Math.max(0, residentBytes(server.pid, 'VmHWM') - before);
  const { grownBy } = await server.ask({ type: 'peak' });
  return { last: lastMs - SCRIPT.delayMs, held: grownBy / MIB, resident: resident / MIB };
}
