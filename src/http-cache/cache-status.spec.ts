import { describe, expect, it } from '@jest/globals';
import { cacheStatus } from './cache-status.js';
import type { CacheStatusParts, ForwardedBecause } from './cache-status.js';

describe('H5: Cache-Status tells', () => {
  it.each<[string, CacheStatusParts, string]>([
    ['a hit and how long it is fresh', { hit: true, ttlS: 7.9 }, 'hit; ttl=7'],
    [
      'a hit that is stale',
      { hit: true, ttlS: -2.1, detail: 'stale-while-revalidate' },
      'hit; ttl=-3; detail=stale-while-revalidate',
    ],
    ['a hit of unknown lifetime', { hit: true }, 'hit'],
    [
      'a miss that is stored',
      { fwd: 'uri-miss', fwdStatus: 200, ttlS: 60, stored: true },
      'fwd=uri-miss; fwd-status=200; ttl=60; stored',
    ],
    [
      'a miss that another call has answered',
      { fwd: 'uri-miss', collapsed: true, detail: 'filling' },
      'fwd=uri-miss; collapsed; detail=filling',
    ],
    [
      'a validation',
      { fwd: 'stale', fwdStatus: 304, ttlS: 9, stored: true, detail: 'revalidated' },
      'fwd=stale; fwd-status=304; ttl=9; stored; detail=revalidated',
    ],
    [
      'what is not stored, and why',
      { fwd: 'vary-miss', fwdStatus: 200, stored: false, collapsed: false, detail: 'no-store' },
      'fwd=vary-miss; fwd-status=200; detail=no-store',
    ],
  ])('%s', (_, parts, value) => {
    expect(cacheStatus(parts)).toBe(`breakwater; ${value}`);
  });

  it.each<ForwardedBecause>([
    ...(['bypass', 'method', 'uri-miss', 'vary-miss', 'miss', 'request'] as const),
    ...(['stale', 'partial'] as const),
  ])('why a request went on: %s', (fwd) => {
    expect(cacheStatus({ fwd })).toBe(`breakwater; fwd=${fwd}`);
  });

  it('whatever detail in the syntax of structured fields', () => {
    const detail = (text: string) => cacheStatus({ hit: true, detail: text });
    expect(detail('a:b/c')).toBe('breakwater; hit; detail=a:b/c');
    expect(detail('two words')).toBe('breakwater; hit; detail="two words"');
    expect(detail('7')).toBe('breakwater; hit; detail="7"');
    expect(detail('')).toBe('breakwater; hit; detail=""');
    expect(detail('"\\; x=\r\n\u00e9')).toBe(String.raw`breakwater; hit; detail="\"\\; x=???"`);
  });

  it('no number that is not an Integer there', () => {
    expect(cacheStatus({ hit: true, ttlS: 1e21 })).toBe('breakwater; hit; ttl=999999999999999');
    expect(cacheStatus({ hit: true, ttlS: -1e21 })).toBe('breakwater; hit; ttl=-999999999999999');
  });
});
