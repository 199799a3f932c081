import { describe, expect, it } from '@jest/globals';
import { InvalidOptionError } from '../../ground/index.js';
import { DEFAULT_CACHE_POLICY, isSamePolicy, resolveCachePolicy } from './cache-policy.js';
import type { CachePolicyOptions } from './cache-policy.js';

describe('a policy', () => {
  const resolve = (options: object) => resolveCachePolicy(options, 'caches.products');

  it('has defaults', () => {
    expect(resolve({})).toEqual({
      freshMs: 10_000,
      staleMs: 60_000,
      staleIfErrorMs: 60_000,
      softTimeoutMs: 0,
      jitter: 0.1,
      earlyRefresh: 0,
      refreshBackoff: { minMs: 1_000, maxMs: 30_000 },
      negativeMs: 0,
      passMs: 30_000,
      maxEntryBytes: 4_194_304,
      cacheable: expect.any(Function),
    });
    expect(DEFAULT_CACHE_POLICY.cacheable('anything')).toBe(true);
  });

  it('is frozen, in depth', () => {
    const policy = resolve({ refreshBackoff: { minMs: 5 } });
    expect(Object.isFrozen(policy)).toBe(true);
    expect(Object.isFrozen(policy.refreshBackoff)).toBe(true);
  });

  it('lets staleIfErrorMs follow staleMs, unless it is given', () => {
    expect(resolve({ freshMs: 1, staleMs: 5 }).staleIfErrorMs).toBe(5);
    expect(resolve({ freshMs: 1, staleMs: 5, staleIfErrorMs: 9 }).staleIfErrorMs).toBe(9);
    expect(resolve({ freshMs: 5, staleMs: undefined }).staleIfErrorMs).toBe(60_000);
  });

  it('takes the rest from the policy it is based on', () => {
    const base = resolve({ freshMs: 1, jitter: 0, refreshBackoff: { minMs: 7, maxMs: 8 } });
    const policy = resolveCachePolicy({ freshMs: 2, refreshBackoff: { maxMs: 9 } }, 'p', base);
    expect(policy).toMatchObject({ freshMs: 2, jitter: 0, refreshBackoff: { minMs: 7, maxMs: 9 } });
  });

  it('raises the longest pause to the shortest, where only that is given', () => {
    const { refreshBackoff } = resolve({ refreshBackoff: { minMs: 60_000 } });
    expect(refreshBackoff).toEqual({ minMs: 60_000, maxMs: 60_000 });
  });

  it('lowers the shortest pause to the longest, where only that is given', () => {
    const { refreshBackoff } = resolve({ refreshBackoff: { maxMs: 500 } });
    expect(refreshBackoff).toEqual({ minMs: 500, maxMs: 500 });
  });

  it('is never stale where the ages say 0, or no more than freshness', () => {
    const never = { staleMs: 0, staleIfErrorMs: 0 };
    expect(resolve(never)).toMatchObject(never);
    expect(resolve({ freshMs: 5, staleMs: 5 })).toMatchObject({ staleMs: 5, staleIfErrorMs: 5 });
  });

  it.each(['staleMs', 'staleIfErrorMs'])('refuses a %s that ends before freshness', (name) => {
    const told = (freshMs: number, ms: number) =>
      `Option "caches.products.${name}" must be 0, which is never, or at least freshMs (${freshMs}): ` +
      `it counts from the birth of a value, not from the end of its freshness, got ${ms}`;
    expect(() => resolve({ freshMs: 5_000, [name]: 4_999 })).toThrow(told(5_000, 4_999));
    // As well where freshness is not said in the same place.
    expect(() => resolve({ [name]: 5_000 })).toThrow(told(10_000, 5_000));
    const base = resolve({ freshMs: 2_000 });
    expect(() => resolveCachePolicy({ [name]: 1 }, 'caches.products', base)).toThrow(
      told(2_000, 1),
    );
  });

  it('may be fresh for longer than the policy it is based on is stale', () => {
    expect(resolve({ freshMs: 120_000 })).toMatchObject({ freshMs: 120_000, staleMs: 60_000 });
  });

  it.each<[CachePolicyOptions | object, string]>([
    [{ freshMs: -1 }, 'caches.products.freshMs" must be a number of milliseconds ≥ 0, got -1'],
    [{ freshMs: '5' }, 'caches.products.freshMs" must be a number of milliseconds ≥ 0, got "5"'],
    [{ staleMs: NaN }, 'staleMs" must be a number of milliseconds ≥ 0, got NaN'],
    [{ staleIfErrorMs: Infinity }, 'staleIfErrorMs'],
    [{ jitter: 1.1 }, 'jitter" must be a number from 0 to 1, got 1.1'],
    [{ earlyRefresh: true }, 'earlyRefresh" must be a number ≥ 0, got true'],
    [{ refreshBackoff: 5 }, 'refreshBackoff" must be an object, got 5'],
    [{ refreshBackoff: { minMs: 0 } }, 'refreshBackoff.minMs'],
    [{ refreshBackoff: { minMs: 9, maxMs: 8 } }, 'maxMs" must be a number ≥ minMs (9), got 8'],
    [{ maxEntryBytes: null }, 'maxEntryBytes" must be a whole number ≥ 0, got null'],
    [{ negativeMs: [] }, 'negativeMs" must be a number of milliseconds ≥ 0, got an array'],
    [{ passMs: {} }, 'passMs" must be a number of milliseconds ≥ 0, got an object'],
    [{ softTimeoutMs: () => 1 }, 'got a function'],
    [{ softTimeoutMs: 2 ** 31 }, 'from 0 to 2147483647, got 2147483648'],
    [{ cacheable: 1 }, 'cacheable" must be a function, got 1'],
    [
      { ttl: 5 },
      'caches.products.ttl" must be left out: there is no such option (known: freshMs, ',
    ],
  ])('refuses %p, quoting where and what', (options, message) => {
    expect(() => resolve(options)).toThrow(InvalidOptionError);
    expect(() => resolve(options)).toThrow(message);
  });

  it('refuses what is no object', () => {
    expect(() => resolve(5 as unknown as object)).toThrow(
      '"caches.products" must be an object, got 5',
    );
  });

  it('is the same as another one that says the same', () => {
    const options = { freshMs: 1, refreshBackoff: { minMs: 2, maxMs: 3 } };
    expect(isSamePolicy(resolve(options), resolve(options))).toBe(true);
    expect(isSamePolicy(resolve(options), resolve({ ...options, freshMs: 2 }))).toBe(false);
    const other = resolve({ ...options, refreshBackoff: { minMs: 2, maxMs: 4 } });
    expect(isSamePolicy(resolve(options), other)).toBe(false);
  });
});
