import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { RedisServer, freePort } from '../testing/redis-server.js';
import { SlowProxy } from '../testing/slow-proxy.js';
import { STORE_ADAPTERS } from '../testing/store-adapters.js';
import { testScript } from '../testing/test-script.js';
import { heard, untilReady } from '../testing/until.js';
import type { GuardedStore } from './guarded-store.js';
import { StoreUnavailableError } from '../kernel/index.js';

const INCREMENT = testScript('return redis.call("INCR", KEYS[1])');
/** The setting's default. */
const HUNG_MS = 300;
/** So many times the promised time, on a machine that has other things to do. */
const BUSY = 5;

describe.each(STORE_ADAPTERS)('a store by $library', ({ make }) => {
  let server: RedisServer;
  let proxy: SlowProxy;
  let store: GuardedStore;
  let told: string[];
  const unhandled: unknown[] = [];
  const collect = (error: unknown) => unhandled.push(error);

  beforeAll(async () => {
    process.on('unhandledRejection', collect);
    server = await RedisServer.start();
    proxy = await SlowProxy.start(() => server.port);
  });

  afterAll(async () => {
    process.off('unhandledRejection', collect);
    await proxy.stop();
    await server.stop();
  });

  beforeEach(async () => {
    await server.start();
    proxy.heal();
    await server.command('FLUSHALL');
  });

  afterEach(async () => {
    await store.close();
    server.thaw();
    await sleep(0);
    expect(unhandled).toEqual([]);
  });

  /** An opened store that has both connections. */
  async function connected(url: string, options?: Parameters<typeof make>[1]) {
    store = make(url, options);
    told = [];
    store.listen({
      ready: () => told.push('ready'),
      down: () => told.push('down'),
      busLost: () => told.push('bus lost'),
      busRestored: () => told.push('bus restored'),
    });
    const bus = heard(store, 'busRestored');
    await store.open();
    await Promise.all([untilReady(store), bus]);
    told = [];
  }

  const increment = (key = 'n') => store.run(INCREMENT, [key], []);
  const refused = async (commands: Promise<unknown>[]) => {
    for (const result of await Promise.allSettled(commands)) {
      expect(result).toMatchObject({ status: 'rejected' });
      expect((result as PromiseRejectedResult).reason).toBeInstanceOf(StoreUnavailableError);
    }
  };

  /** Without a turn of the event loop, so without anything that takes time. */
  const refusedAtOnce = async () => {
    let turned = false;
    setImmediate(() => (turned = true));
    await refused([increment()]);
    expect(turned).toBe(false);
  };

  it('opens without the store, fails at once until it is there, and works within 500 ms of it', async () => {
    const port = await freePort();
    store = make(`redis://127.0.0.1:${port}`);
    const down = heard(store, 'down');
    await store.open();
    await expect(increment()).rejects.toBeInstanceOf(StoreUnavailableError);
    await down;
    expect(store.state).toBe('down');
    const late = new RedisServer({ port });
    await late.start();
    const started = performance.now();
    await untilReady(store);
    expect(performance.now() - started).toBeLessThan(BUSY * 500);
    expect(await increment()).toBe(1);
    await store.close();
    await late.stop();
  });

  it('fails as the store dies, before it would count as hung, and works within 500 ms of its return', async () => {
    await connected(server.url);
    const busy = testScript('while true do end');
    const pending = [store.run(busy, ['k'], []), ...Array.from({ length: 999 }, () => increment())];
    await sleep(20);
    const down = heard(store, 'down').then(() => store.downBecause);
    await Promise.all([refused(pending), server.kill()]);
    expect(await down).not.toMatch('answered nothing');
    expect(store.state).toBe('down');
    await refusedAtOnce();

    // So long that a backoff which grows would have grown.
    await sleep(2_300);
    const ready = heard(store, 'ready');
    await server.start();
    const returned = performance.now();
    await ready;
    expect(performance.now() - returned).toBeLessThan(BUSY * 500);
    expect(await increment()).toBe(1);
    expect(told.filter((event) => !event.startsWith('bus'))).toEqual(['down', 'ready']);
  });

  it('finds out a store that hangs, fails everything that waits at once, and comes back by itself', async () => {
    await connected(server.url);
    await increment();
    server.freeze();
    const started = performance.now();
    const down = heard(store, 'down');
    const pending = refused(Array.from({ length: 1_000 }, (_, n) => increment(`k${n}`)));
    await down;
    const took = performance.now() - started;
    await pending;
    expect(took).toBeGreaterThan(HUNG_MS - 20);
    expect(took).toBeLessThan(BUSY * (HUNG_MS + 50));
    expect(store.state).toBe('down');
    await refusedAtOnce();

    const ready = heard(store, 'ready');
    server.thaw();
    const thawed = performance.now();
    await ready;
    expect(performance.now() - thawed).toBeLessThan(BUSY * 500);
    // The window was sent before the store hung; what waited in front of it never was.
    expect(await increment('k999')).toBe(1);
    expect(told.filter((event) => !event.startsWith('bus'))).toEqual(['down', 'ready']);
  });

  it('gives a connection up that leads nowhere, the one of the bus as well', async () => {
    await connected(proxy.url, { reconnectAfterMs: 300, busPingMs: 100 });
    await store.subscribe('bw:bus', () => {});
    const events = [heard(store, 'down'), heard(store, 'busLost')];
    proxy.blackhole();
    await refused([increment()]);
    await Promise.all(events);
    const back = [heard(store, 'ready'), heard(store, 'busRestored')];
    proxy.heal();
    await Promise.all(back);
    expect(await increment()).toBe(1);
    expect(await server.command('PUBLISH', 'bw:bus', 'x')).toBeGreaterThanOrEqual(1);
  });

  it('says that the bus is restored when the store has confirmed it, not when it was asked', async () => {
    await connected(proxy.url);
    await store.subscribe('bw:bus', () => {});
    const lost = heard(store, 'busLost');
    const restored = heard(store, 'busRestored');
    proxy.delayMs = 60;
    await server.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await lost;
    await restored;
    expect(await server.command('PUBLISH', 'bw:bus', 'x')).toBe(1);
  });

  it('does not send again what was on its way when the connection was lost', async () => {
    await connected(proxy.url);
    proxy.blackhole();
    await refused([increment('lost')]);
    const ready = heard(store, 'ready');
    proxy.heal();
    proxy.cut();
    await ready;
    expect(await increment('lost')).toBe(1);
  });

  it('gives a connection up that is accepted and not greeted', async () => {
    proxy.blackhole();
    store = make(proxy.url, { reconnectAfterMs: 200 });
    const down = heard(store, 'down');
    await store.open();
    await down;
    proxy.heal();
    await untilReady(store);
    expect(await increment()).toBe(1);
  });

  it('takes a slow network for slow, not for hung', async () => {
    await connected(proxy.url);
    proxy.delayMs = 100;
    const replies = await Promise.all(Array.from({ length: 600 }, () => increment()));
    expect(new Set(replies).size).toBe(600);
    expect(told).toEqual([]);
  });

  it('answers 20 000 commands at once, without one failure', async () => {
    await connected(server.url);
    const replies = await Promise.all(Array.from({ length: 20_000 }, () => increment()));
    expect(replies).toEqual(Array.from({ length: 20_000 }, (_, n) => n + 1));
    expect(told).toEqual([]);
  });

  it('refuses what is beyond the window and the line in front of it', async () => {
    await connected(server.url, { window: 2, queue: 3 });
    const results = await Promise.allSettled(Array.from({ length: 7 }, () => increment()));
    expect(results.map(({ status }) => status)).toEqual([
      ...['fulfilled', 'fulfilled', 'fulfilled', 'fulfilled', 'fulfilled'],
      ...['rejected', 'rejected'],
    ]);
    expect((results[6] as PromiseRejectedResult).reason).toBeInstanceOf(StoreUnavailableError);
    expect(store.state).toBe('ready');
  });

  it.each([0, 20])(
    'does not take a process that stood still for 1 s, %i ms after a command, for a hung store',
    async (afterMs) => {
      await connected(proxy.url);
      proxy.delayMs = 40;
      const pending = Array.from({ length: 1_000 }, () => increment());
      await sleep(afterMs);
      const end = performance.now() + 1_000;
      while (performance.now() < end);
      expect(await Promise.all(pending)).toHaveLength(1_000);
      expect(told).toEqual([]);
    },
  );

  it('does not send again what was on its way when the store hung', async () => {
    await connected(server.url);
    server.freeze();
    await refused([increment('once')]);
    const ready = heard(store, 'ready');
    server.thaw();
    await ready;
    expect(await increment('once')).toBe(2);
  });
});
