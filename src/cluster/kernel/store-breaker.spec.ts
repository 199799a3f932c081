import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../ground/manual-clock.js';
import { StoreBreaker } from './store-breaker.js';

const OPTIONS = { minPingMs: 50, maxPingMs: 250, reconnectAfterMs: 2_000 };

function breaker(random = () => 0) {
  const clock = new ManualClock();
  const pings: { resolve: () => void; reject: () => void }[] = [];
  const told: string[] = [];
  const own = new StoreBreaker(
    clock,
    {
      ping: () =>
        new Promise<void>((resolve, reject) =>
          pings.push({ resolve, reject: () => reject(new Error('away')) }),
        ),
      reconnect: () => told.push('reconnect'),
      random,
      ready: () => told.push('ready'),
      down: (reason) => told.push(`down: ${reason}`),
    },
    OPTIONS,
  );
  const settle = async (outcome: 'resolve' | 'reject', index = pings.length - 1) => {
    pings[index]?.[outcome]();
    await Promise.resolve();
    await Promise.resolve();
  };
  return { clock, breaker: own, pings, told, settle };
}

describe('StoreBreaker', () => {
  it('is down until the first ping is answered', async () => {
    const store = breaker();
    store.breaker.start();
    expect(store.breaker.ready).toBe(false);
    store.clock.advance(50);
    await store.settle('resolve');
    expect(store.breaker.ready).toBe(true);
    expect(store.told).toEqual(['ready']);
    expect(store.clock.pending).toBe(0);
  });

  it('tells of a failure once, and of the return once', async () => {
    const store = breaker();
    store.breaker.start();
    store.breaker.trip('while it was down');
    store.breaker.connected();
    await store.settle('resolve');
    store.breaker.trip('hung');
    store.breaker.trip('lost');
    store.breaker.connected();
    await store.settle('resolve');
    expect(store.told).toEqual(['ready', 'down: hung', 'ready']);
  });

  it('has one ping on its way at a time, however often it is told of a connection', () => {
    const store = breaker();
    store.breaker.start();
    for (let n = 0; n < 5; n += 1) store.breaker.connected();
    store.clock.advance(1_999);
    expect(store.pings).toHaveLength(1);
  });

  it.each([
    [0, 50],
    [0.5, 150],
    [0.999_999, 250],
  ])('waits between 50 and 250 ms for the next ping (%d)', async (random, delayMs) => {
    const store = breaker(() => random);
    store.breaker.start();
    store.breaker.connected();
    await store.settle('reject');
    store.clock.advance(delayMs - 1);
    expect(store.pings).toHaveLength(1);
    store.clock.advance(1);
    expect(store.pings).toHaveLength(2);
  });

  it('gives the connection up whose ping is not answered, and believes no late answer of it', async () => {
    const store = breaker();
    store.breaker.start();
    store.breaker.connected();
    store.clock.advance(2_000);
    expect(store.told).toEqual(['reconnect']);
    await store.settle('resolve', 0);
    expect(store.breaker.ready).toBe(false);
    store.clock.advance(50);
    expect(store.pings).toHaveLength(2);
    await store.settle('resolve');
    expect(store.told).toEqual(['reconnect', 'ready']);
  });

  it('asks no more once it is stopped, and is never ready again', async () => {
    const store = breaker();
    store.breaker.start();
    store.breaker.connected();
    store.breaker.stop();
    await store.settle('resolve');
    store.breaker.connected();
    store.clock.advance(10_000);
    expect(store.breaker.ready).toBe(false);
    expect(store.pings).toHaveLength(1);
    expect(store.clock.pending).toBe(0);
    expect(store.told).toEqual([]);
  });
});
