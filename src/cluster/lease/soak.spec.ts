import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClusterProcess, removeClusterProgram } from '../testing/cluster-process.js';
import { RedisServer } from '../testing/redis-server.js';

/** More of them, and others: `SOAK_ROUNDS=1000 SOAK_SEED=7 npm test -- soak`. */
const ROUNDS = Number(process.env['SOAK_ROUNDS'] ?? 4);
const SEED = Number(process.env['SOAK_SEED'] ?? 1);
const SIZE = 4;

const TROUBLE = [
  'kill the leader',
  'kill another',
  'freeze the leader',
  'restart the store',
  'FLUSHALL',
  'SCRIPT FLUSH',
  'CLIENT KILL TYPE normal',
  'CLIENT KILL TYPE pubsub',
] as const;

let server: RedisServer;
let processes: ClusterProcess[] = [];

async function grow(): Promise<void> {
  const settings = { leaseMs: 1_000 };
  while (processes.length < SIZE) {
    processes.push(await ClusterProcess.start({ port: server.port, settings }));
  }
  for (const each of processes) while ((await each.state()) !== 'ready') await sleep(10);
  // Past the grace that follows a reconnection.
  await Promise.all(processes.map((each) => each.run({ key: 'probe', times: 1, delayMs: 1 })));
}

/** Mulberry32: the same history for the same seed. */
function chanceOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function waitsOf(one: ClusterProcess): Promise<number> {
  return (await one.counters()).waits;
}

async function drop(one: ClusterProcess): Promise<void> {
  processes = processes.filter((each) => each !== one);
  await one.kill();
}

/** @returns how many calls it may cost */
async function make(trouble: (typeof TROUBLE)[number], leader: ClusterProcess): Promise<number> {
  switch (trouble) {
    case 'kill the leader':
      await drop(leader);
      return 1;
    case 'kill another': {
      const other = processes.find((each) => each !== leader);
      if (other) await drop(other);
      return 0;
    }
    case 'freeze the leader':
      leader.signal('SIGSTOP');
      await sleep(1_500);
      leader.signal('SIGCONT');
      return 1;
    case 'restart the store':
      await server.restart();
      return 0;
    default:
      await server.command(...trouble.split(' '));
      return 0;
  }
}

describe('chaos', () => {
  beforeAll(async () => {
    server = await RedisServer.start();
  }, 30_000);
  afterAll(async () => {
    await Promise.all(processes.map((each) => each.kill()));
    removeClusterProgram();
    await server.stop();
  });

  const chance = chanceOf(SEED);
  const rounds = Array.from({ length: ROUNDS }, (_, round) => {
    const trouble = TROUBLE[Math.floor(chance() * TROUBLE.length)] ?? 'FLUSHALL';
    const delayMs = 600 + Math.floor(chance() * 1_000);
    return { round, trouble, delayMs, afterMs: Math.floor(chance() * (delayMs - 100)) };
  });

  it.each(rounds)(
    'costs no error and no call too many: $trouble $afterMs ms into a call of $delayMs ms (round $round)',
    async ({ round, trouble, delayMs, afterMs }) => {
      await grow();
      const all = [...processes];
      const key = `round ${SEED}.${round}`;
      const run = { key, times: 20, delayMs };
      const waits = await Promise.all(all.map(waitsOf));
      const asked = new Map(all.map((each) => [each, each.run(run)]));
      const leader = await Promise.race(
        all.map((each) => each.until(() => each.calls.includes(key)).then(() => each)),
      );
      // Who comes only after a store has lost everything cannot know of the flight.
      for (const [index, each] of all.entries()) {
        while (each !== leader && (await waitsOf(each)) === waits[index]) await sleep(5);
      }
      await sleep(afterMs);
      const extra = await make(trouble, leader);
      for (const each of processes) expect((await asked.get(each))?.errors).toEqual({});
      const calls = all.flatMap((each) => each.calls).filter((called) => called === key);
      expect(calls.length).toBeLessThanOrEqual(1 + extra);
    },
    30_000,
  );
});
