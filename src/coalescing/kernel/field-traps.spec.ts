import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from '@jest/globals';
import {
  fulfilled,
  Harness,
  PENDING,
  rejected,
  settle,
  standingOf,
  standingsOf,
} from '../testing/harness.js';

const down = new Error('down');

describe('traps seen in the field', () => {
  it('mutex-based caches: ten callers of a failing loader fail together, after one call', async () => {
    const h = new Harness();
    const callers = Array.from({ length: 10 }, () => h.run());
    h.clock.advance(100);
    h.at(0).reject(down);
    expect(await standingsOf(callers)).toEqual(callers.map(() => rejected(down)));
    expect(h.loads).toHaveLength(1);
  });

  it('undici deduplicate: the abort of the first caller rejects nobody else', async () => {
    const h = new Harness();
    const first = new AbortController();
    void h.run('k', { signal: first.signal });
    const joiners = [h.run(), h.run('k', { timeoutMs: 500 })];
    first.abort();
    h.at(0).resolve('v');
    expect(await standingsOf(joiners)).toEqual([fulfilled('v'), fulfilled('v')]);
  });

  it('undici deduplicate: a first caller who reads slowly stalls nobody', async () => {
    const h = new Harness();
    const slow = h.run().then(() => new Promise(() => undefined));
    const joiner = h.run();
    h.at(0).resolve(Buffer.from('body'));
    expect(await standingsOf([slow, joiner])).toEqual([PENDING, fulfilled(Buffer.from('body'))]);
  });

  it('nestjs-redisx: a loader slower than any wait is still called once for fifty callers', async () => {
    const h = new Harness({ flightTimeoutMs: 60_000 });
    const callers = Array.from({ length: 50 }, (_, i) => {
      h.clock.advance(1_000);
      return h.run('k', i % 2 ? { timeoutMs: 2_000 } : undefined);
    });
    h.at(0).resolve('v');
    const standings = await standingsOf(callers);
    expect(h.loads).toHaveLength(1);
    expect(standings.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(25);
  });

  it('async-cache-dedupe: the end of a deleted flight does not delete its successor', async () => {
    const h = new Harness();
    void h.run();
    h.coalescer.forget('k');
    void h.run();
    h.at(0).resolve('old');
    await settle();
    void h.run();
    expect(h.loads).toHaveLength(2);
    expect(h.coalescer.size).toBe(1);
  });

  it('async-cache-dedupe: clearing in flight does not let the flight bring the old value back', () => {
    const h = new Harness();
    const cache = new Map<string, string>();
    void h.coalescer.run('k', async (flight) => {
      const value = await Promise.resolve('old');
      if (flight.cacheable) cache.set('k', value);
      return value;
    });
    h.coalescer.forgetAll();
    return settle().then(() => expect(cache.size).toBe(0));
  });

  it.each([undefined, null, 0, '', false])(
    'cache-manager: a rejection with %p rejects the joiners too',
    async (reason) => {
      const h = new Harness();
      const callers = [h.run(), h.run()];
      h.at(0).reject(reason);
      expect(await standingsOf(callers)).toEqual([rejected(reason), rejected(reason)]);
    },
  );

  it('cache-manager: what one caller asks for never changes what another gets', async () => {
    const h = new Harness();
    const patient = h.run();
    const hasty = h.run('k', { timeoutMs: 1, notOlderThan: undefined });
    h.clock.advance(1);
    expect(await standingOf(hasty)).toMatchObject({ error: { name: 'CallerTimeoutError' } });
    h.clock.advance(29_998);
    expect(await standingOf(patient)).toEqual(PENDING);
  });

  it('cache-manager: a hung loader does not hang its callers for ever', async () => {
    const h = new Harness();
    const callers = [h.run(), h.run()];
    h.clock.advance(30_000);
    expect(await standingsOf(callers)).toMatchObject([
      { error: { name: 'FlightTimeoutError' } },
      { error: { name: 'FlightTimeoutError' } },
    ]);
  });

  it('p-memoize: a synchronous throw does not poison the key', async () => {
    const { coalescer } = new Harness();
    const first = coalescer.run('k', () => {
      throw down;
    });
    expect(await standingOf(first)).toEqual(rejected(down));
    expect(await standingOf(coalescer.run('k', () => 'v'))).toEqual(fulfilled('v'));
  });

  it('lru-cache fetch: forgetting a key aborts nobody in flight', async () => {
    const h = new Harness();
    const caller = h.run();
    h.coalescer.forget('k');
    expect(h.at(0).flight.signal.aborted).toBe(false);
    h.at(0).resolve('v');
    expect(await standingOf(caller)).toEqual(fulfilled('v'));
  });

  it("lru-cache fetch: a joiner's own signal counts", async () => {
    const h = new Harness();
    const leaving = new AbortController();
    void h.run();
    const joiner = h.run('k', { signal: leaving.signal });
    leaving.abort('gone');
    expect(await standingOf(joiner)).toEqual(rejected('gone'));
  });

  it('HybridCache: the work ends with the last caller and never sees the context of the first', async () => {
    const h = new Harness();
    const tenant = new AsyncLocalStorage<string>();
    const callers = [new AbortController(), new AbortController()];
    const seen: unknown[] = [];
    for (const { signal } of callers) {
      const load = (flight: { signal: AbortSignal }): Promise<never> => {
        seen.push(tenant.getStore(), flight.signal);
        return new Promise(() => undefined);
      };
      tenant.run('acme', () => void h.coalescer.run('k', load, { signal }));
    }
    callers[0]?.abort();
    await settle();
    expect(seen).toEqual([undefined, expect.objectContaining({ aborted: false })]);
    callers[1]?.abort();
    expect(seen[1]).toMatchObject({ aborted: true });
  });

  it('Altinn on FusionCache: a hung loader frees its key and is reported as stuck', async () => {
    const h = new Harness({ flightTimeoutMs: 100 });
    void h.run();
    h.clock.advance(100);
    const next = h.run();
    expect(h.loads).toHaveLength(2);
    expect(h.coalescer.stuck).toBe(1);
    h.at(1).resolve('v');
    expect(await standingOf(next)).toEqual(fulfilled('v'));
  });
});
