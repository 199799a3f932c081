import { setTimeout as sleep } from 'node:timers/promises';
import { defineQuestion } from '../harness/question.mjs';
import { checkAnswer } from '../load/check-answer.mjs';
import {
  askAtOnce,
  connected,
  freshPath,
  mostConnections,
  startClients,
} from '../load/fan-out.mjs';
import { bodyOf } from '../servers/body.mjs';
import { openContenders } from '../servers/start/contenders.mjs';
import { nginx } from '../servers/start/nginx.mjs';
import { breakwater, nodeServer } from '../servers/start/node-server.mjs';
import { peerVersion } from '../servers/start/peer-version.mjs';
import { cpuTimeUs, processTree } from '../servers/start/process-cost.mjs';
import { varnish } from '../servers/start/varnish.mjs';

const COUNTS = [100, 1_000, 5_000];
const HEAP_COUNT = 1_000;
const SCRIPT = { delayMs: 200, bytes: 1_000 };
/** Long enough for all to be waiting while the heap is looked at. */
const LONG_WAIT = { ...SCRIPT, delayMs: 1_500 };
const ALL_WAIT_MS = 700;

const RAW = 'node:http, Map, shared Buffer';
const OURS = 'Breakwater';
const NGINX = 'nginx proxy_cache_lock';
const VARNISH = 'Varnish';

/** @type {readonly import('../servers/start/contenders.mjs').Entry[]} */
const ENTRIES = [
  { name: RAW, role: 'limit', server: () => nodeServer('raw-map.mjs') },
  { name: OURS, role: 'ours', server: () => breakwater() },
  {
    name: 'Fastify + async-cache-dedupe',
    role: 'peer',
    thorough: true,
    version: peerVersion('fastify', 'async-cache-dedupe'),
    server: () => nodeServer('fastify-dedupe.mjs'),
  },
  {
    name: 'Nest + Express, Map of promises',
    role: 'peer',
    thorough: true,
    version: peerVersion('@nestjs/core', 'express'),
    server: () => nodeServer('nest-express-map.mjs'),
  },
  {
    name: 'node:http + undici cache, deduplicate',
    role: 'peer',
    thorough: true,
    version: peerVersion('undici'),
    server: () => nodeServer('undici-interceptors.mjs'),
  },
  { name: NGINX, role: 'peer', program: nginx },
  { name: VARNISH, role: 'peer', program: varnish },
];

/** @returns {import('../harness/question.mjs').Metric[]} */
function metricsOf(count) {
  const waiters = `${count.toLocaleString('en')} waiters`;
  return [
    { id: `last${count}`, title: `${waiters}: last answer`, unit: 'ms', better: 'less' },
    { id: `cpu${count}`, title: `${waiters}: CPU of each`, unit: 'µs', better: 'less' },
    { id: `calls${count}`, title: `${waiters}: backend calls`, unit: '', better: 'less' },
  ];
}

export const question = defineQuestion({
  id: 'http-fan-out',
  title: 'Many clients wait for one key',
  about:
    `All ask at once, each on a connection of its own, for ${SCRIPT.bytes} bytes that the backend takes ` +
    `${SCRIPT.delayMs} ms for; told is what the last answer takes beyond them. The heap is that of a ` +
    `request that waits, of ${HEAP_COUNT}, beyond that of its connection when idle.`,
  metrics: [
    ...COUNTS.flatMap(metricsOf),
    { id: 'heap', title: 'heap of a waiter', unit: 'B', better: 'less' },
  ],
  targets: [
    ...[1_000, 5_000].flatMap((count) => [
      atMost(count, RAW, 1.1, `at most 1.1 × ${RAW}`),
      atMost(count, VARNISH, 1, 'no later than Varnish'),
      atMost(count, NGINX, 0.2, 'at most a fifth of nginx'),
    ]),
    {
      ...{ metric: 'heap', of: OURS, against: RAW, atMost: 1, plus: 4_096 },
      text: `a waiter takes at most 4 KiB more heap than with ${RAW}`,
    },
    { metric: 'calls1000', of: OURS, atMost: 1, text: '1,000 waiters cause one backend call' },
  ],
  open: ({ quick }) =>
    openContenders(ENTRIES, { quick }, async (group) => {
      const clients = await startClients(group);
      const counts = possible(quick ? [HEAP_COUNT] : COUNTS);
      return async (server) => {
        await checkAnswer(server, freshPath({ ...SCRIPT, delayMs: 0 }), bodyOf(SCRIPT.bytes));
        for (let turn = 0; turn < (quick ? 1 : 5); turn += 1) {
          await connected(clients, server, HEAP_COUNT, () => askAtOnce(clients, SCRIPT));
        }
        const measuring = { group, clients, server, pids: processTree(server.pid) };
        return async () => ({
          ...(await fanOuts(measuring, counts)),
          ...(server.child.channel && { heap: await heapOfWaiter(measuring) }),
        });
      };
    }),
});

/** At each count: the time, the cost, and the calls: those who ask once it is over make another flight. */
async function fanOuts({ group, clients, server, pids }, counts) {
  const figures = {};
  for (const count of counts) {
    await connected(clients, server, count, async () => {
      await group.backendCalls();
      const before = cpuTimeUs(pids);
      const { lastMs } = await askAtOnce(clients, SCRIPT);
      figures[`last${count}`] = lastMs - SCRIPT.delayMs;
      figures[`cpu${count}`] = (cpuTimeUs(pids) - before) / count;
      figures[`calls${count}`] = await group.backendCalls();
    });
  }
  return figures;
}

/** What a waiting request takes beyond its connection, which has had an answer before. */
function heapOfWaiter({ clients, server }) {
  return connected(clients, server, HEAP_COUNT, async () => {
    await askAtOnce(clients, SCRIPT);
    const idle = await server.ask({ type: 'heap' });
    const startedAt = performance.now();
    const answers = askAtOnce(clients, LONG_WAIT);
    await sleep(ALL_WAIT_MS);
    const waiting = await server.ask({ type: 'heap' });
    const lookedAfterMs = performance.now() - startedAt;
    const { firstMs } = await answers;
    if (firstMs < lookedAfterMs) throw new Error(`${server.name}: not all were waiting`);
    return (waiting.heapUsed - idle.heapUsed) / HEAP_COUNT;
  });
}

function possible(counts) {
  const most = mostConnections();
  const kept = counts.filter((count) => count <= most);
  if (kept.length < counts.length) {
    console.error(`!! "ulimit -n" leaves ${most} connections: ONLY ${kept.join(', ')} WAITERS`);
  }
  return kept;
}

/** @returns {import('../harness/question.mjs').Target} */
function atMost(count, against, ratio, text) {
  return {
    ...{ metric: `last${count}`, of: OURS, against, atMost: ratio },
    text: `the last of ${count.toLocaleString('en')}: ${text}`,
  };
}
