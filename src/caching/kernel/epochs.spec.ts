import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../ground/manual-clock.js';
import { WallTime } from '../../ground/index.js';
import { Epochs } from './epochs.js';

describe('epochs', () => {
  const subject = { cache: 'c', key: 'c:k', tags: ['red', 'blue'] };

  function setUp(limit = 100) {
    const time = new WallTime(new ManualClock());
    return { time, epochs: new Epochs(time, limit) };
  }

  it.each([
    ['its key', (epochs: Epochs) => epochs.revoke('key', 'c:k')],
    ['one of its tags', (epochs: Epochs) => epochs.revoke('tag', 'blue')],
    ["its cache's name", (epochs: Epochs) => epochs.revoke('cache', 'c')],
    ['everything', (epochs: Epochs) => epochs.revoke('all', '')],
  ])('fence what began or was born before the invalidation of %s', (_what, revoke) => {
    const { epochs, time } = setUp();
    const before = epochs.now;
    const born = time.next();
    expect(epochs.revokedSince(before, subject)).toBe(false);
    expect(epochs.revokedBorn(born, subject)).toBe(false);
    revoke(epochs);
    expect(epochs.revokedSince(before, subject)).toBe(true);
    expect(epochs.revokedBorn(born, subject)).toBe(true);
    expect(epochs.revokedSince(epochs.now, subject)).toBe(false);
    expect(epochs.revokedBorn(time.next(), subject)).toBe(false);
  });

  it('let everything else be', () => {
    const { epochs, time } = setUp();
    const born = time.next();
    epochs.revoke('key', 'c:other');
    epochs.revoke('tag', 'green');
    epochs.revoke('cache', 'd');
    expect(epochs.revokedSince(0, subject)).toBe(false);
    expect(epochs.revokedBorn(born, subject)).toBe(false);
  });

  it('never forget a revocation without raising the floor over it', () => {
    const { epochs, time } = setUp(10);
    const before = epochs.now;
    const born = time.next();
    epochs.revoke('key', 'c:k');
    for (let i = 0; i < 1_000; i++) epochs.revoke('key', `c:${i}`);
    expect(epochs.revokedSince(before, subject)).toBe(true);
    expect(epochs.revokedBorn(born, subject)).toBe(true);
    expect(epochs.revokedSince(epochs.now, subject)).toBe(false);
    expect(epochs.revokedBorn(time.next(), subject)).toBe(false);
  });

  it.each([
    [
      'its key',
      (epochs: Epochs, version?: number) => epochs.revoke('key', 'c:k', version),
      (epochs: Epochs) => epochs.told('key', 'c:k', 7),
    ],
    [
      'one of its tags',
      (epochs: Epochs, version?: number) => epochs.revoke('tag', 'blue', version),
      (epochs: Epochs) => epochs.told('tag', 'blue', 7),
    ],
    [
      "its cache's name",
      (epochs: Epochs, version?: number) => epochs.revoke('cache', 'c', version),
      (epochs: Epochs) => epochs.told('cache', 'c', 7),
    ],
    [
      'everything',
      (epochs: Epochs, version?: number) => epochs.revoke('all', '', version),
      (epochs: Epochs) => epochs.told('all', '', 7),
    ],
  ])('void by %s what has a smaller version, whenever they hear of it', (_what, revoke, told) => {
    const { epochs, time } = setUp();
    told(epochs);
    expect(epochs.revokedSince(0, subject, 1)).toBe(false);
    const born = time.next();
    revoke(epochs, 5);
    expect(epochs.revokedSince(0, subject, 5)).toBe(false);
    expect(epochs.revokedSince(epochs.now, subject, 4)).toBe(true);
    expect(epochs.revokedBorn(born, subject, 5)).toBe(false);
    expect(epochs.revokedBorn(time.next(), subject, 4)).toBe(true);
    // An own one, of which the version is not known yet.
    revoke(epochs);
    expect(epochs.revokedSince(0, subject, 9)).toBe(true);
    expect(epochs.revokedSince(epochs.now, subject, 9)).toBe(false);
    told(epochs);
    expect(epochs.revokedSince(0, subject, 9)).toBe(false);
    expect(epochs.revokedSince(epochs.now, subject, 6)).toBe(true);
  });

  it.each([
    [9, true],
    [11, false],
  ])('void what has version %i as the floor says, if its versions are known', (version, isVoid) => {
    const { epochs } = setUp(10);
    for (let i = 0; i < 1_000; i++) epochs.revoke('key', `c:${i}`, 10);
    expect(epochs.revokedSince(epochs.now, subject, version)).toBe(isVoid);
    epochs.revoke('key', 'c:own');
    for (let i = 0; i < 1_000; i++) epochs.revoke('key', `c:${i}`, 10);
    expect(epochs.revokedSince(epochs.now, subject, version)).toBe(false);
    expect(epochs.revokedSince(0, subject, version)).toBe(true);
  });
});
