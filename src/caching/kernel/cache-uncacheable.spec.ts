import { describe, expect, it } from '@jest/globals';
import { Harness, settle } from '../testing/harness.js';
import { MapTier } from '../testing/map-tier.js';
import { LoadOutcome } from './load-outcome.js';

const failed = (value: string) =>
  LoadOutcome.failed(new Error('busy'), LoadOutcome.uncacheable(value));

describe('a value that cannot be kept', () => {
  it.each([
    ['the loader says so', {}, LoadOutcome.uncacheable('v')],
    ['the policy says so', { policy: { cacheable: (value: string) => value !== 'v' } }, 'v'],
    ['it is too large', { policy: { maxEntryBytes: 4 } }, 'v'],
    ['it is said to be too large', {}, LoadOutcome.keep('v', { sizeBytes: 1e9 })],
  ])('is shared by its flight, and by nobody later, where %s', async (_why, options, result) => {
    const h = new Harness(options);
    const asked = [h.ask(), h.ask()];
    h.at(0).resolve(result);
    expect(await Promise.all(asked)).toMatchObject([
      { value: 'v', served: 'miss', stored: false, ttlMs: 0 },
      { value: 'v', served: 'collapsed', stored: false, ttlMs: 0 },
    ]);
    expect(h.cache.peek('k')).toBeUndefined();
    expect(h.cache.counters()).toMatchObject({ uncacheable: 1, stored: 0 });
  });

  it.each([
    ['the loader says so', {}, LoadOutcome.uncacheable('v')],
    ['the policy says so', { policy: { cacheable: () => false } }, 'v'],
    ['it is too large', { policy: { maxEntryBytes: 4 } }, 'v'],
    ['there is nothing', {}, LoadOutcome.negative('v')],
    ['it stands for a failure', {}, failed('v')],
  ])(
    'is one call for all who come at once, time and again, where %s',
    async (_w, options, result) => {
      for (const tiers of [[], [new MapTier()]]) {
        const h = new Harness({ ...options, tiers });
        for (let round = 1; round <= 3; round++) {
          const asked = Array.from({ length: 100 }, () => h.ask());
          await settle();
          expect(h.loads).toHaveLength(round);
          h.at(-1).resolve(result);
          const served = (await Promise.all(asked)).map(({ served }) => served);
          expect(served.filter((as) => as === 'collapsed')).toHaveLength(99);
        }
        expect(h.cache.counters().passed).toBe(0);
      }
    },
  );

  it('lets those who come later go in parallel for a while, where it is unshared', async () => {
    const h = new Harness({ policy: { passMs: 500 } });
    await h.fill(LoadOutcome.unshared('v'));
    const parallel = [h.ask(), h.ask(), h.ask()];
    expect(h.loads).toHaveLength(4);
    for (const i of [1, 2, 3]) h.at(i).resolve(LoadOutcome.unshared(i));
    expect(await Promise.all(parallel)).toMatchObject([1, 2, 3].map((value) => ({ value })));
    expect(h.cache.counters().passed).toBe(3);
    h.clock.advance(500);
    void h.ask();
    void h.ask();
    expect(h.loads).toHaveLength(5);
  });

  it('is shared again as soon as it may be, kept or not', async () => {
    const h = new Harness();
    await h.fill(LoadOutcome.unshared('v'));
    await h.fill(LoadOutcome.uncacheable('v'));
    void h.ask();
    void h.ask();
    expect(h.loads).toHaveLength(3);
  });

  it('is kept again as soon as it can be', async () => {
    const h = new Harness();
    await h.fill(LoadOutcome.unshared('v'));
    await h.fill('cacheable');
    expect(h.cache.peek('k')?.value).toBe('cacheable');
    h.clock.advance(1_500);
    void h.ask();
    void h.ask();
    expect(h.loads).toHaveLength(3);
  });

  it('is as bounded in parallel as all flights are', async () => {
    const h = new Harness({ coalescer: { maxFlights: 2 } });
    await h.fill(LoadOutcome.unshared('v'));
    void h.ask();
    void h.ask();
    await expect(h.ask()).rejects.toMatchObject({ code: 'BREAKWATER_COALESCER_OVERLOADED' });
  });

  it('drops what was stored before it', async () => {
    const h = new Harness();
    await h.fill('old');
    h.clock.advance(200);
    await h.ask();
    h.at(1).resolve(LoadOutcome.uncacheable('private now'));
    await settle();
    const asked = h.ask();
    expect(h.loads).toHaveLength(3);
    h.at(2).resolve('public again');
    expect(await asked).toMatchObject({ value: 'public again', served: 'miss' });
  });

  it('is the leader’s alone where it is unshared: the others make their own calls', async () => {
    const h = new Harness();
    const asked = [h.ask(), h.ask(), h.ask()];
    expect(h.loads).toHaveLength(1);
    h.at(0).resolve(LoadOutcome.unshared('for the first'));
    await settle();
    expect(h.loads).toHaveLength(3);
    h.at(1).resolve(LoadOutcome.unshared('for the second'));
    h.at(2).resolve(LoadOutcome.unshared('for the third'));
    expect(await Promise.all(asked)).toMatchObject([
      { value: 'for the first', served: 'miss' },
      { value: 'for the second', served: 'miss' },
      { value: 'for the third', served: 'miss' },
    ]);
  });

  it('is nobody’s where it is unshared and its leader has left', async () => {
    const h = new Harness();
    const leader = new AbortController();
    const left = h.ask('k', { signal: leader.signal });
    const joined = h.ask();
    leader.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    h.at(0).resolve(LoadOutcome.unshared('for the first'));
    await settle();
    h.at(1).resolve('for all');
    expect(await joined).toMatchObject({ value: 'for all' });
  });
});

describe('a value that says that there is nothing', () => {
  it('is shared by its flight alone, by default', async () => {
    const h = new Harness();
    await h.fill(LoadOutcome.negative('404'));
    void h.ask();
    void h.ask();
    expect(h.loads).toHaveLength(2);
  });

  it('is kept for negativeMs, and never served stale', async () => {
    const h = new Harness({ policy: { negativeMs: 40 } });
    expect(await h.fill(LoadOutcome.negative('404'))).toMatchObject({ stored: true, ttlMs: 40 });
    h.clock.advance(39);
    expect(h.cache.peek('k')?.value).toBe('404');
    h.clock.advance(1);
    const asked = h.ask();
    h.at(1).reject(new Error('down'));
    await expect(asked).rejects.toThrow('down');
  });
});
