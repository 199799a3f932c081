import { describe, expect, it } from '@jest/globals';
import { InvalidOptionError } from '../../ground/index.js';
import { resolveLeaseSettings } from './lease-settings.js';
import type { LeaseSettings } from './lease-settings.js';

describe('the settings of a cluster', () => {
  it('have defaults, and are frozen', () => {
    const settings = resolveLeaseSettings();
    expect(settings).toMatchObject({ namespace: 'bw1', leaseMs: 5_000, heartbeatMs: 1_666 });
    expect(Object.isFrozen(settings)).toBe(true);
  });

  it('have a heartbeat that follows the lease', () => {
    expect(resolveLeaseSettings({ leaseMs: 900, heartbeatMs: undefined }).heartbeatMs).toBe(300);
  });

  it('have defaults that follow what is given, at the ends of their ranges as well', () => {
    const shortest = resolveLeaseSettings({ leaseMs: 30, patienceMs: 0 });
    expect(shortest).toMatchObject({ heartbeatMs: 10, peerWatchMs: 14, graceMs: 29 });
    const longest = resolveLeaseSettings({ leaseMs: 600_000, patienceMs: 600_000 });
    expect(longest).toMatchObject({ outcomeMs: 1_200_000, fenceMs: 1_200_000, peerWatchMs: 250 });
    for (const settings of [shortest, longest]) {
      expect(resolveLeaseSettings(settings)).toEqual(settings);
    }
  });

  it.each<[keyof LeaseSettings, Partial<LeaseSettings>, string]>([
    ['heartbeatMs', { heartbeatMs: 1_700 }, 'at most a third of cluster.leaseMs (5000), got 1700'],
    [
      'leaseMs',
      { leaseMs: 500, peerWatchMs: 250 },
      'more than twice cluster.peerWatchMs (250), got 500',
    ],
    ['graceMs', { graceMs: 5_000 }, 'less than cluster.leaseMs (5000), got 5000'],
    ['outcomeMs', { outcomeMs: 1_500 }, 'more than cluster.patienceMs (1500), got 1500'],
    ['fenceMs', { fenceMs: 9_999 }, 'at least twice cluster.leaseMs (5000), got 9999'],
    ['leaseMs', { leaseMs: 1.5 }, 'a whole number from 30 to 600000, got 1.5'],
    ['namespace', { namespace: 'a b' }, 'dashes or underscores, got "a b"'],
    ['namespace', { namespace: '' }, '1 to 32 letters'],
    ['maxKeepMs', { maxKeepMs: 2 ** 32 }, 'a whole number from 1 to 4294967295'],
    ['maxSharedBytes', { maxSharedBytes: 0 }, 'a whole number from 1'],
  ])('are refused by name, value and what is allowed: %s', (name, settings, text) => {
    const resolve = () => resolveLeaseSettings(settings, 'cluster');
    expect(resolve).toThrow(InvalidOptionError);
    expect(resolve).toThrow(text);
    expect(resolve).toThrow(`Option "cluster.${name}"`);
  });

  it('are refused where there is no such setting', () => {
    const settings = { leaseMS: 5 } as Partial<LeaseSettings>;
    expect(() => resolveLeaseSettings(settings)).toThrow(
      '"leases.leaseMS" must be left out: there is no such option; did you mean "leaseMs"?',
    );
  });
});
