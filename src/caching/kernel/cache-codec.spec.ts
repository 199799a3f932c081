import { describe, expect, it } from '@jest/globals';
import { cluster } from '../testing/cluster.js';
import type { Process } from '../testing/cluster.js';
import { Harness, settle } from '../testing/harness.js';
import { MapTier } from '../testing/map-tier.js';
import { frameCodec } from './frame-codec.js';
import { LoadOutcome } from './load-outcome.js';

interface Page {
  readonly title: string;
  readonly body: Buffer;
}

/** Unlike V8's, it knows nothing but pages. */
const codec = frameCodec<Page>(
  ({ title, body }) => ({ head: { title }, body }),
  (head, body) => ({ ...(head as Pick<Page, 'title'>), body }),
);
const page = (title: string): Page => ({ title, body: Buffer.from('body') });
const coalescer = { shareAs: 'reference' } as const;

describe('a cache with a codec of its own', () => {
  it('has its values encoded by that, and others theirs as ever', async () => {
    const tiers = [new MapTier()];
    const h = new Harness({ tiers, coalescer });
    await h.caching.cache('pages', { codec }).get('k', () => page('a'));
    await h.fill({ plain: true });
    await settle();
    const [pages, plain] = ['pages:k', 'test:k'].map((key) => tiers[0]!.records.get(key)?.payload);
    expect(codec.decode(pages!)).toEqual(page('a'));
    expect(plain?.[0]).toBe(0xff);

    const again = new Harness({ clock: h.clock, tiers, coalescer });
    const unused = () => page('unused');
    expect(await again.caching.cache('pages', { codec }).get('k', unused)).toEqual(page('a'));
    expect(await again.cache.get('k', unused)).toEqual({ plain: true });
  });

  it('misses what another codec has written', async () => {
    const tiers = [new MapTier()];
    const h = new Harness({ tiers, coalescer });
    await h.caching.cache('pages').get('k', () => page('a'));
    await settle();
    const again = new Harness({ clock: h.clock, tiers, coalescer });
    const pages = again.caching.cache('pages', { codec });
    expect(await pages.get('k', () => page('b'))).toEqual(page('b'));
  });

  it('is made with it once, and by whoever names the same', () => {
    const { caching } = new Harness();
    const pages = caching.cache('pages', { codec, freshMs: 5 });
    expect([caching.cache('pages'), caching.cache('pages', { codec, freshMs: 5 })]).toEqual([
      pages,
      pages,
    ]);
    const words = '"caches.pages.codec" must be the codec it was made with';
    expect(() => caching.cache('pages', { freshMs: 5 })).toThrow(words);
    expect(() => caching.cache('test', { codec })).toThrow('"caches.test.codec" must be');
    expect(() => caching.cache('other', { codec: {} as never })).toThrow(
      '"caches.other.codec" must be an object with encode, decode',
    );
  });

  /** What two processes get who ask at once, where the one that leads does not keep it. */
  async function passed(second: object | undefined, value: unknown = page('a')) {
    const { at } = cluster(2, { coalescer });
    const ask = (process: Process, options?: object) =>
      process.caching.cache('pages', options).lookUp('k', process.load);
    const asked = [ask(at(0), { codec }), ask(at(1), second)] as const;
    await settle();
    at(0).at(0).resolve(LoadOutcome.uncacheable(value));
    await settle();
    at(1).loads[0]?.resolve(page('own'));
    return (await Promise.all(asked)).map((result) => result.value);
  }

  it('gives other processes what it does not keep by it as well', async () => {
    expect(await passed({ codec })).toEqual([page('a'), page('a')]);
  });

  it('has those call for themselves who do not understand it', async () => {
    const other = frameCodec(
      () => ({ head: 0, body: Buffer.alloc(0) }),
      () => {
        throw new Error('another release');
      },
    );
    expect(await passed({ codec: other })).toEqual([page('a'), page('own')]);
  });

  it('has all call for themselves where it refuses the value', async () => {
    expect(await passed({ codec }, null)).toEqual([null, page('own')]);
  });

  it('understands none that has no codec, and so calls for itself', async () => {
    const { at } = cluster(2, { coalescer });
    const plain = at(0).caching.cache('pages').lookUp('k', at(0).load);
    const asked = at(1).caching.cache('pages', { codec }).lookUp('k', at(1).load);
    await settle();
    at(0)
      .at(0)
      .resolve(LoadOutcome.uncacheable(page('a')));
    await settle();
    at(1).at(0).resolve(page('own'));
    expect([(await plain).value, (await asked).value]).toEqual([page('a'), page('own')]);
  });
});
