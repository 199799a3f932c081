import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClusterProcess } from '../testing/cluster-process.js';
import type { Answers, Run } from '../testing/cluster-program.interface.js';
import { RedisServer } from '../testing/redis-server.js';
import { count, othersWaitFor, totalsOf, values } from '../testing/together.js';

const SIZE = 6;
const WAITERS = 100;
/** Default of a lease. */
const LEASE_MS = 5_000;
let server: RedisServer;
let processes: ClusterProcess[] = [];
let key: string;
let keys = 0;
let probes = 0;

beforeAll(async () => {
  server = await RedisServer.start();
  await grow(SIZE);
}, 180_000);
afterAll(async () => {
  await Promise.all(processes.map((each) => each.kill()));
  await server.stop();
});
beforeEach(() => {
  key = `key-${++keys}`;
});
afterEach(async () => {
  await server.configure('maxmemory', 0);
  await grow(SIZE - processes.length);
});

async function grow(count: number): Promise<void> {
  const start = () => ClusterProcess.start({ port: server.port });
  processes.push(...(await Promise.all(Array.from({ length: count }, start))));
  await healthy();
}

/** Every process reaches the store, and the grace after a reconnection is over. */
async function healthy(): Promise<void> {
  for (const each of processes) while ((await each.state()) !== 'ready') await sleep(20);
  // Of a key that nobody else has: a value would be there for those whose grace is not over, too.
  const probe = () => ({ key: `probe-${++probes}`, times: 1, delayMs: 1 });
  await Promise.all(processes.map((each) => each.run(probe())));
}

/** All processes ask for the key, each for many callers at once. */
function askAll(run: Partial<Run> = {}, those = processes): Promise<Answers[]> {
  const wish = { key, times: WAITERS, delayMs: 400, ...run };
  return Promise.all(those.map((each) => each.run(wish)));
}

function callsOf(name = key, those = processes): number {
  return those.flatMap((each) => each.calls).filter((called) => called === name).length;
}

/** The process that has called the backend for the key first. */
async function leader(): Promise<ClusterProcess> {
  const found = () => processes.find((each) => each.calls.includes(key));
  await Promise.race(processes.map((each) => each.until(() => found() !== undefined)));
  const one = found();
  if (!one) throw new Error('nobody leads');
  return one;
}

async function commands(): Promise<number> {
  const stats = String(await server.command('INFO', 'commandstats'));
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1] ?? 0);
}

describe('a cluster of six processes, with a hundred callers each', () => {
  it('makes one call, at the cost of two commands a process', async () => {
    await healthy();
    const { polls: polledBefore } = await totalsOf(processes);
    const before = await commands();
    const answers = await askAll();
    expect(callsOf()).toBe(1);
    expect(values(answers)).toHaveLength(1);
    expect(count(answers, 'values')).toBe(SIZE * WAITERS);
    // On a busy machine somebody may look after a second whether it has missed a message.
    const { polls } = await totalsOf(processes);
    expect((await commands()) - before).toBeLessThanOrEqual(2 * SIZE + polls - polledBefore);
  });

  it('makes one call a key for many keys at once', async () => {
    const answers = await askAll({ times: 2, keys: 100, delayMs: 200 });
    expect(
      processes.flatMap((each) => each.calls).filter((name) => name.startsWith(key)),
    ).toHaveLength(100);
    expect(count(answers, 'values')).toBe(SIZE * 200);
  });

  it('shares one error', async () => {
    const answers = await askAll({ fails: true });
    expect(callsOf()).toBe(1);
    expect(count(answers, 'errors')).toBe(SIZE * WAITERS);
    await askAll({ fails: true });
    expect(callsOf()).toBe(2);
  });

  it('makes one more call when the leader is killed, and does not wait for its lease', async () => {
    const running = askAll({ delayMs: 1_500 });
    const first = await leader();
    await othersWaitFor(first, processes);
    processes = processes.filter((each) => each !== first);
    const { dead, lease } = await totalsOf(processes);
    await first.kill();
    await Promise.race(processes.map((each) => each.until(() => each.calls.includes(key))));
    expect(await totalsOf(processes)).toMatchObject({ dead: dead + 1, lease });
    const survivors = await Promise.race([
      running,
      Promise.all(processes.map((each) => each.run({ key, times: 1, delayMs: 1_500 }))),
    ]);
    expect(callsOf()).toBe(1);
    expect(count(survivors, 'errors')).toBe(0);
  });

  it('makes one call although the bus is cut again and again', async () => {
    const running = askAll({ delayMs: 800 });
    await leader();
    for (let i = 0; i < 20; i++) {
      await server.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await sleep(40);
    }
    const answers = await running;
    expect(callsOf()).toBe(1);
    expect(count(answers, 'errors')).toBe(0);
  });

  it('makes one call although all connections are cut in flight', async () => {
    const running = askAll({ delayMs: 800 });
    await othersWaitFor(await leader(), processes);
    await server.command('CLIENT', 'KILL', 'TYPE', 'normal');
    const answers = await running;
    expect(callsOf()).toBe(1);
    expect(count(answers, 'errors')).toBe(0);
  });

  it.each(['FLUSHALL', 'SCRIPT FLUSH'])('makes one call although of %s in flight', async (what) => {
    const running = askAll({ delayMs: 1_600 });
    await othersWaitFor(await leader(), processes);
    await server.command(...what.split(' '));
    const answers = await running;
    expect(callsOf()).toBe(1);
    expect(count(answers, 'errors')).toBe(0);
  });

  it('makes one call although the store is killed and restarted empty in flight', async () => {
    const running = askAll({ delayMs: 1_500 });
    // Who has not asked before the store is gone waits for it a moment only.
    await othersWaitFor(await leader(), processes);
    await server.restart();
    const answers = await running;
    expect(callsOf()).toBe(1);
    expect(values(answers)).toHaveLength(1);
    expect(count(answers, 'errors')).toBe(0);
  });

  it('makes one call although the store is away when the answer comes', async () => {
    const running = processes.map((each) => each.run({ key, times: WAITERS, delayMs: 600 }));
    const first = await leader();
    await othersWaitFor(first, processes);
    await server.kill();
    await running[processes.indexOf(first)];
    await server.start();
    const answers = await Promise.all(running);
    expect(callsOf()).toBe(1);
    expect(count(answers, 'errors')).toBe(0);
  });

  it('makes a call a process at most without a store, in flight and after', async () => {
    const running = askAll({ delayMs: 400 });
    await leader();
    await server.kill();
    const answers = await running;
    expect(callsOf()).toBeLessThanOrEqual(SIZE);
    expect(count(answers, 'errors')).toBe(0);
    const again = await askAll({ key: `${key} later`, delayMs: 50 });
    expect(callsOf(`${key} later`)).toBe(SIZE);
    expect(count(again, 'errors')).toBe(0);
    await server.start();
    await healthy();
    await askAll({ key: `${key} after` });
    expect(callsOf(`${key} after`)).toBe(1);
  });

  it('makes a call a process at most while the store hangs, at once after the first', async () => {
    server.freeze();
    const answers = await askAll({ delayMs: 100 });
    const next = await askAll({ key: `${key} next`, delayMs: 100 });
    server.thaw();
    expect(callsOf()).toBe(SIZE);
    expect(callsOf(`${key} next`)).toBe(SIZE);
    expect(count([...answers, ...next], 'errors')).toBe(0);
    // The first have waited for the store to count as hung.
    const [first, second] = [answers, next].map((all) => Math.min(...all.map(({ ms }) => ms)));
    expect(second).toBeLessThan(first as number);
    await healthy();
    // No lease of a claim that was given up lies about.
    const after = await askAll({ delayMs: 100 });
    expect(callsOf()).toBeLessThanOrEqual(SIZE + 1);
    expect(Math.max(...after.map((each) => each.ms))).toBeLessThan(LEASE_MS);
  });

  it('makes a call a process at most while the store is full', async () => {
    await server.configure('maxmemory', 1);
    const answers = await askAll({ delayMs: 100 });
    expect(callsOf()).toBeLessThanOrEqual(SIZE);
    expect(count(answers, 'errors')).toBe(0);
  });

  it('makes these calls side by side where the store fills up in flight', async () => {
    const delayMs = 1_000;
    const running = askAll({ delayMs });
    await leader();
    await server.configure('maxmemory', 1);
    const answers = await running;
    expect(callsOf()).toBeLessThanOrEqual(SIZE);
    expect(count(answers, 'errors')).toBe(0);
    // Side by side two rounds; one after the other as many as there are processes.
    expect(Math.max(...answers.map((each) => each.ms))).toBeLessThan(SIZE * delayMs);
  });

  it('makes calls side by side for answers that are too large to share', async () => {
    const delayMs = 1_000;
    const answers = await askAll({ delayMs, bytes: 4 * 2 ** 20 + 1, times: 1 });
    expect(callsOf()).toBeLessThanOrEqual(SIZE);
    expect(Math.max(...answers.map((each) => each.ms))).toBeLessThan(SIZE * delayMs);
  });

  it('makes one more call for an invalidation in flight, and keeps what that one brought', async () => {
    const running = askAll({ delayMs: 600 });
    const first = await leader();
    await othersWaitFor(first, processes);
    const other = processes.find((each) => each !== first);
    expect(await other?.invalidate(key)).toBe(true);
    const answers = await running;
    expect(callsOf()).toBe(2);
    expect(values(answers)).toHaveLength(2);
    await first.until(() => first.published.includes(false));
    const kept = await other?.peek(key);
    expect(Object.keys(answers[processes.indexOf(first)]?.values ?? {})).not.toContain(kept);
  });

  it('lets callers leave at their deadline, and has the answer for the next ones', async () => {
    const answers = await askAll({ delayMs: 700, deadlineMs: 200 });
    expect(answers.map(({ errors }) => errors)).toEqual(answers.map(() => ({ deadline: WAITERS })));
    const late = await askAll({ delayMs: 700 });
    expect(callsOf()).toBe(1);
    expect(count(late, 'values')).toBe(SIZE * WAITERS);
  });

  it('stores every one of 5,000 cold keys asked for at once by one process, none alone', async () => {
    const [one] = processes as [ClusterProcess];
    const before = await one.counters();
    const published = one.published.length;
    const answers = await one.run({ key, keys: 5_000, times: 1, delayMs: 1 });
    expect(count([answers], 'values')).toBe(5_000);
    await one.until(() => one.published.length >= published + 5_000);
    expect(one.published.slice(published).every(Boolean)).toBe(true);
    expect((await one.counters()).degraded).toEqual(before.degraded);
  });

  it('drains a leader without a second call, or hands the key on', async () => {
    const running = askAll({ delayMs: 500 });
    const first = await leader();
    expect(await first.drain(2_000)).toBe(true);
    await running;
    expect(callsOf()).toBe(1);
    processes = processes.filter((each) => each !== first);
    await first.kill();
  });
});

describe('a leader that stands still for longer than its lease', () => {
  it.each(['frozen', 'busy'])(
    'costs one more call, and its late result is refused: %s',
    async (how) => {
      const settings = { leaseMs: 1_000, peerWatchMs: 250 };
      const start = () => ClusterProcess.start({ port: server.port, settings });
      const [still, other] = await Promise.all([start(), start()]);
      const own = still.run({ key, times: WAITERS, delayMs: 500 });
      await still.until(() => still.calls.includes(key));
      if (how === 'frozen') still.signal('SIGSTOP');
      else void still.block(4_000);
      const others = await other.run({ key, times: WAITERS, delayMs: 500 });
      if (how === 'frozen') still.signal('SIGCONT');
      expect(count([await own], 'errors')).toBe(0);
      expect(callsOf(key, [still, other])).toBe(2);
      await still.until(() => still.published.length > 0);
      expect(still.published).toEqual([false]);
      expect((await still.counters()).fenced).toBe(1);
      expect(await other.peek(key)).toBe(values([others])[0]);
      await Promise.all([still.kill(), other.kill()]);
    },
  );
});
