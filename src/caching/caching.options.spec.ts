import { describe, expect, it } from '@jest/globals';
import { resolveCachingOptions, v8Codec } from './caching.options.js';
import { CachingService } from './caching.service.js';

describe('the options of caching', () => {
  it('have defaults, and are frozen', () => {
    const options = resolveCachingOptions();
    expect(options).toMatchObject({
      tiers: [],
      codec: v8Codec,
      memory: { maxBytes: 67_108_864, maxEntries: 1_000_000 },
      tierTimeoutMs: 1_000,
      maxPendingWrites: 1_000,
      maxCaches: 1_000,
      maxRemembered: 10_000,
      maxInvalidations: 50_000,
    });
    expect([options, options.tiers, options.memory].every(Object.isFrozen)).toBe(true);
  });

  it('take what is undefined for absent', () => {
    const options = resolveCachingOptions({ tiers: undefined, memory: { maxBytes: undefined } });
    expect(options).toMatchObject({ tiers: [], memory: { maxBytes: 67_108_864 } });
  });

  it.each<[object, string]>([
    [{ maxCaches: 0 }, '"caching.maxCaches" must be a whole number ≥ 1, got 0'],
    ...[1.5, 0, -1, NaN, Infinity, 2 ** 31, '5'].map((value): [object, string] => [
      { tierTimeoutMs: value },
      '"caching.tierTimeoutMs" must be a whole number from 1 to 2147483647, got',
    ]),
    [{ memory: { maxBytes: -1 } }, '"caching.memory.maxBytes" must be a whole number ≥ 0, got -1'],
    [
      { memory: { max: 1 } },
      '"caching.memory.max" must be left out: there is no such option; did you mean "maxBytes"? (known: maxBytes, maxEntries)',
    ],
    [{ policy: { freshMs: -1 } }, '"caching.policy.freshMs" must be'],
    [
      { coalescer: {} },
      '"caching.coalescer" must be a coalescer, as CoalescingService.coalescer() or createCoalescer() gives it, got an object',
    ],
    [{ codec: { encode: () => 1 } }, '"caching.codec" must be an object with encode, decode'],
    [
      { tiers: [new Map()] },
      '"caching.tiers[0]" must be an object with get, set, delete, deleteTag',
    ],
    [
      { ttl: 1 },
      '"caching.ttl" must be left out: there is no such option (known: coalescer, shared, ',
    ],
  ])('refuse %p, quoting where and what', (options, message) => {
    expect(() => resolveCachingOptions(options)).toThrow(message);
  });
});

describe('the caches of a service', () => {
  it('are made on first use, and are the same ever after', () => {
    const caching = new CachingService({ policy: { freshMs: 5 } });
    const products = caching.cache('products', { staleMs: 9 });
    expect(products.policy).toMatchObject({ freshMs: 5, staleMs: 9 });
    expect(caching.cache('products')).toBe(products);
    expect(caching.cache('products', { staleMs: 9 })).toBe(products);
    expect([...caching.all()]).toEqual([products]);
    expect(caching.health().memory).toMatchObject({ status: 'up', entries: 0 });
  });

  it('keep the policy that they were made with', () => {
    const caching = new CachingService();
    caching.cache('products');
    expect(() => caching.cache('products', { staleMs: 90_000 })).toThrow(
      '"caches.products" must be the policy it was made with',
    );
  });

  it('have names of reasonable length, and are bounded in number', () => {
    const caching = new CachingService({ maxCaches: 2 });
    for (const name of ['', 'a b', '\n', '\ud800', 'x'.repeat(257), 5 as unknown as string]) {
      expect(() => caching.cache(name)).toThrow('Option "caches.name" must be 1 to 256 characters');
    }
    caching.cache('a');
    caching.cache('/b/:id');
    expect(() => caching.cache('c')).toThrow(
      expect.objectContaining({ code: 'BREAKWATER_TOO_MANY_CACHES', limit: 2 }),
    );
  });

  it('include a default one, which the service looks up in by itself', async () => {
    const caching = new CachingService();
    caching.set('k', 'v');
    expect(caching.peek('k')?.value).toBe('v');
    expect(await caching.get('k', () => 'other')).toBe('v');
    expect(await caching.lookUp('k', () => 'other')).toMatchObject({ served: 'hit' });
    await caching.invalidate('k');
    expect(caching.cache('default').peek('k')).toBeUndefined();
  });
});
