import { describe, expect, it } from '@jest/globals';
import { cacheStatus } from './cache-status.js';

describe('cacheStatus', () => {
  it.each([
    [{ hit: true, ttlMs: 7_900 } as const, 'breakwater; hit; ttl=7'],
    [
      { hit: true, ttlMs: -2_100, detail: 'stale-while-revalidate' } as const,
      'breakwater; hit; ttl=-3; detail=stale-while-revalidate',
    ],
    [
      { hit: false, fwd: 'uri-miss', fwdStatus: 200, stored: true } as const,
      'breakwater; fwd=uri-miss; fwd-status=200; stored',
    ],
    [
      { hit: false, fwd: 'uri-miss', collapsed: true } as const,
      'breakwater; fwd=uri-miss; collapsed',
    ],
    [
      { hit: false, fwd: 'uri-miss', fwdStatus: 200, detail: 'vary' } as const,
      'breakwater; fwd=uri-miss; fwd-status=200; detail=vary',
    ],
    [
      { hit: false, fwd: 'bypass', fwdStatus: 404 } as const,
      'breakwater; fwd=bypass; fwd-status=404',
    ],
  ])('tells %j', (provenance, value) => {
    expect(cacheStatus(provenance)).toBe(value);
  });
});
