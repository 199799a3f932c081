import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../clock/testing/manual-clock.js';
import { Epochs } from './epochs.js';
import { WallTime } from './wall-time.js';

describe('epochs', () => {
  const subject = { cache: 'c', key: 'c:k', tags: ['red', 'blue'] };

  function setUp(limit = 100) {
    const time = new WallTime(new ManualClock());
    return { time, epochs: new Epochs(time, limit) };
  }

  it.each([
    ['its key', (epochs: Epochs) => epochs.revokeKey('c:k')],
    ['one of its tags', (epochs: Epochs) => epochs.revokeTag('blue')],
    ["its cache's name", (epochs: Epochs) => epochs.revokeCache('c')],
    ['everything', (epochs: Epochs) => epochs.revokeAll()],
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
    epochs.revokeKey('c:other');
    epochs.revokeTag('green');
    epochs.revokeCache('d');
    expect(epochs.revokedSince(0, subject)).toBe(false);
    expect(epochs.revokedBorn(born, subject)).toBe(false);
  });

  it('never forget a revocation without raising the floor over it', () => {
    const { epochs, time } = setUp(10);
    const before = epochs.now;
    const born = time.next();
    epochs.revokeKey('c:k');
    for (let i = 0; i < 1_000; i++) epochs.revokeKey(`c:${i}`);
    expect(epochs.revokedSince(before, subject)).toBe(true);
    expect(epochs.revokedBorn(born, subject)).toBe(true);
    expect(epochs.revokedSince(epochs.now, subject)).toBe(false);
    expect(epochs.revokedBorn(time.next(), subject)).toBe(false);
  });
});
