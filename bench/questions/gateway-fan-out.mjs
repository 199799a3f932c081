import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { LOAD_CORE } from '../harness/cores.mjs';
import { defineQuestion } from '../harness/question.mjs';
import { median } from '../harness/statistics.mjs';
import { bodyOf } from '../servers/body.mjs';
import { openContenders } from '../servers/start/contenders.mjs';
import { nginx } from '../servers/start/nginx.mjs';
import { gateway } from '../servers/start/node-server.mjs';
import { forgetPeak, processTree, residentBytes } from '../servers/start/process-cost.mjs';
import { varnish } from '../servers/start/varnish.mjs';

const CLIENTS = fileURLToPath(new URL('../load/stream-clients.mjs', import.meta.url));
const MIB = 2 ** 20;
const BYTES = 100 * MIB;
const DELAY_MS = 200;
const FAST = 20;
/** Fast ones, the slow one, the late one. */
const READERS = FAST + 2;

const OURS = 'Breakwater';
const NGINX = 'nginx proxy_cache_lock';

/** @type {readonly import('../servers/start/contenders.mjs').Entry[]} */
const ENTRIES = [
  { name: OURS, role: 'ours', server: () => gateway() },
  { name: NGINX, role: 'peer', program: nginx },
  { name: 'Varnish', role: 'peer', program: varnish },
];

let keys = 0;

export const question = defineQuestion({
  id: 'gateway-fan-out',
  title: 'Many clients read one big body while it comes',
  about:
    `${FAST} clients ask at once for ${BYTES / MIB} MiB that the backend begins after ${DELAY_MS} ms; another one ` +
    'reads 0.6 MB a second and leaves after 6 s, and one more comes when half of the body is there. All ' +
    'bytes are compared by SHA-256; whoever is cut off, but for the slow one, ends the run.',
  metrics: [
    { id: 'calls', title: 'backend calls', unit: '', better: 'less' },
    { id: 'first', title: 'first byte, median', unit: 'ms', better: 'less' },
    { id: 'late', title: 'first byte of the late one', unit: 'ms', better: 'less' },
    { id: 'last', title: 'last answer', unit: 'ms', better: 'less' },
    { id: 'resident', title: 'peak growth of the process', unit: 'MiB', better: 'less' },
  ],
  targets: [
    { metric: 'calls', of: OURS, atMost: 1, text: 'one call of the backend' },
    {
      ...{ metric: 'first', of: OURS, against: NGINX, atMost: 1 / 3 },
      text: 'the first byte comes in at most a third of the time with nginx',
    },
    {
      ...{ metric: 'resident', of: OURS, atMost: 64 + READERS },
      text: `the process grows by at most 64 MiB and 1 MiB a reader, ${64 + READERS} MiB`,
    },
  ],
  open: ({ quick }) =>
    openContenders(ENTRIES, { quick }, async (group) => {
      const clients = await group.run({
        ...{ name: 'the readers', core: LOAD_CORE, command: process.execPath },
        ...{ args: [CLIENTS], channel: true },
      });
      // The backend makes such a body once, and takes longer for that than anybody would wait.
      await (await fetch(`${group.backend.origin}/0ms-${BYTES}b-made`)).arrayBuffer();
      const sha256 = createHash('sha256').update(bodyOf(BYTES)).digest('hex');
      return async (server) => {
        await streamed({ group, clients, server, sha256 });
        return () => streamed({ group, clients, server, sha256 });
      };
    }),
});

async function streamed({ group, clients, server, sha256 }) {
  const pids = processTree(server.pid);
  for (const pid of pids) forgetPeak(pid);
  const before = sum(pids, 'VmRSS');
  await group.backendCalls();
  keys += 1;
  const path = `/streams/${DELAY_MS}ms-${BYTES}b-${keys}`;
  const told = await clients.ask({
    type: 'ask',
    port: server.port,
    path,
    bytes: BYTES,
    fast: FAST,
  });
  server.alive();
  const { ends, late } = told;
  for (const { isWhole, sha256: read } of [...ends, late]) {
    if (!isWhole || read !== sha256) throw new Error(`${server.name}: a reader was cut off`);
  }
  return {
    calls: await group.backendCalls(),
    first: median(ends.map(({ firstMs }) => firstMs)),
    late: late.firstMs,
    last: Math.max(...ends.map(({ lastMs }) => lastMs)),
    resident: Math.max(0, sum(pids, 'VmHWM') - before) / MIB,
  };
}

function sum(pids, field) {
  return pids.map((pid) => residentBytes(pid, field)).reduce((all, bytes) => all + bytes, 0);
}
