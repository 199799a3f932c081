import { setTimeout as sleep } from 'node:timers/promises';
import { Side, startRedis } from './side.js';
import { scheduleOf } from './traffic.js';
import type { Stretch } from './traffic.js';

/*
 * The same traffic at the same time against a naive proxy and against Breakwater, each in front of a backend
 * of its own that slows down, fails and heals; with a Redis at hand each has two replicas, of which one is
 * killed. A line a second, and a table at the end.
 */
const SECONDS = 20;
const REQUESTS_A_SECOND = 100;
/** Nobody measures a process by its first requests. */
const WARMING = scheduleOf(2, 50);

/** What happens to both backends, by the second in which it begins. */
const PLOT: readonly { from: number; label: string; turn: (side: Side) => void }[] = [
  { from: 0, label: 'well', turn: () => undefined },
  { from: 4, label: 'slow', turn: ({ backend }) => (backend.delayMs = 600) },
  { from: 9, label: 'dead', turn: ({ backend }) => (backend.failing = true) },
  {
    from: 14,
    label: 'well',
    turn: ({ backend }) => {
      backend.failing = false;
      backend.delayMs = 60;
    },
  },
];
const REPLICA_LOST_AT = 17;

interface Total {
  calls: number;
  requests: number;
  errors: number;
  slowestP99Ms: number;
}

function say(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** Columns of one side. */
function columns(calls: number, { p50Ms, p99Ms, errors }: Stretch): string {
  return [calls, p50Ms, p99Ms, errors].map((figure) => String(figure).padStart(8)).join('');
}

const HEADS = ['calls/s', 'p50 ms', 'p99 ms', 'errors'].map((head) => head.padStart(8)).join('');

const redis = await startRedis();
const replicas = redis ? 2 : 1;
const timeouts = { BACKEND_TIMEOUT_MS: '2000' };
const sides: Side[] = [];
try {
  sides.push(await Side.open('naive proxy', './naive-proxy.main.js', replicas, timeouts));
  sides.push(
    await Side.open('Breakwater', '../../main.js', replicas, {
      ...timeouts,
      CIRCUIT_COOLDOWN_MS: '2000',
      FRESH_TTL_MS: '2000',
      ...(redis && { REDIS_URL: redis.url, CLUSTER_CIRCUIT_QUORUM: '1' }),
    }),
  );
  process.exitCode = (await play(sides)) ? 0 : 1;
} finally {
  await Promise.all(sides.map((side) => side.close()));
  redis?.end();
}
// Connections of clients to what has been killed may linger.
process.exit();

/** @returns whether Breakwater has been the better one */
async function play(both: readonly Side[]): Promise<boolean> {
  say(
    `${REQUESTS_A_SECOND} requests a second for ${SECONDS} s against each, ${replicas === 1 ? 'one process; with redis-server on the PATH it would be two replicas' : 'two replicas, one of which is killed'}.`,
  );
  say('Most are for 20 products. The backend takes 60 ms and works on 30 calls at once.');
  say();
  say(`${' '.repeat(12)}${both.map(({ name }) => name.padStart(32)).join('   ')}`);
  say(`  s  backend${HEADS}   ${HEADS}  circuit`);

  for (const { backend, clients } of both) {
    await clients.play(WARMING);
    clients.stretch();
    backend.forget();
  }
  const schedule = scheduleOf(SECONDS, REQUESTS_A_SECOND);
  const playing = Promise.all(both.map(({ clients }) => clients.play(schedule)));
  const totals = both.map((): Total => ({ calls: 0, requests: 0, errors: 0, slowestP99Ms: 0 }));
  const startedAt = performance.now();
  let label = '';
  // What was under way in the last second is waited for in another one.
  for (let second = 0; second <= SECONDS; second += 1) {
    const scene = PLOT.find(({ from }) => from === second);
    if (scene) {
      label = scene.label;
      for (const side of both) scene.turn(side);
    }
    if (second === REPLICA_LOST_AT) for (const side of both) side.loseReplica();
    if (second === SECONDS) await playing;
    else await sleep(startedAt + (second + 1) * 1_000 - performance.now());

    const parts = both.map((side, index) => {
      const total = totals[index] as Total;
      const calls = side.backend.calls - total.calls;
      const stretch = side.clients.stretch();
      total.calls += calls;
      total.requests += stretch.requests;
      total.errors += stretch.errors;
      total.slowestP99Ms = Math.max(total.slowestP99Ms, stretch.p99Ms);
      const { circuit, requests } = stretch;
      return { text: columns(calls, stretch), circuit, requests };
    });
    if (second === SECONDS && parts.every(({ requests }) => requests === 0)) break;
    const lost = second === REPLICA_LOST_AT && replicas > 1 ? ', a replica is killed' : '';
    const at = second === SECONDS ? '  -' : String(second + 1).padStart(3);
    const figures = parts.map(({ text }) => text).join('   ');
    say(`${at}  ${label.padEnd(7)}${figures}  ${parts.at(-1)?.circuit ?? '-'}${lost}`);
  }
  return tellTotals(both, totals);
}

function tellTotals(both: readonly Side[], totals: readonly Total[]): boolean {
  say();
  say(`${' '.repeat(26)}${both.map(({ name }) => name.padStart(14)).join('')}`);
  const row = (name: string, figure: (total: Total) => string) => {
    say(`${name.padEnd(26)}${totals.map((total) => figure(total).padStart(14)).join('')}`);
  };
  row('requests', ({ requests }) => String(requests));
  row('answered by an error', ({ errors }) => String(errors));
  row('backend calls', ({ calls }) => String(calls));
  row('backend calls saved', ({ requests, calls }) => share(requests - calls, requests));
  row('slowest second, p99', ({ slowestP99Ms }) => `${slowestP99Ms} ms`);
  const [naive, ours] = totals as [Total, Total];
  return ours.calls < naive.calls && ours.errors < naive.errors;
}

function share(part: number, whole: number): string {
  return `${Math.max(0, Math.round((100 * part) / whole))} %`;
}
