import { beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../ground/manual-clock.js';
import { MovingTop } from './moving-top.js';

describe('The top of a moving window', () => {
  let clock: ManualClock;
  let top: MovingTop;

  beforeEach(() => {
    clock = new ManualClock();
    top = new MovingTop(clock, { windowMs: 60_000, panes: 6, capacity: 2 });
  });

  const addAll = (keys: string): void => {
    for (const key of keys) top.add(key);
  };
  const listed = (limit = 10) => top.list(limit).map(({ key, count }) => `${key}${count}`);

  it('lists the most frequent first, and no more than asked', () => {
    addAll('abb');
    expect(listed()).toEqual(['b2', 'a1']);
    expect(listed(1)).toEqual(['b2']);
  });

  it('adds up what came in different parts of the window', () => {
    addAll('ab');
    clock.advance(10_000);
    addAll('aa');
    expect(listed()).toEqual(['a3', 'b1']);
  });

  it('forgets what came before the window, without being asked meanwhile', () => {
    addAll('aaa');
    clock.advance(50_000);
    addAll('b');
    expect(listed()).toEqual(['a3', 'b1']);
    clock.advance(10_000);
    expect(listed()).toEqual(['b1']);
    clock.advance(600_000);
    expect(listed()).toEqual([]);
  });

  it('begins a part anew that has come round', () => {
    addAll('aaa');
    clock.advance(60_000);
    addAll('b');
    expect(listed()).toEqual(['b1']);
  });

  it('says how far a count may be off where the room did not do', () => {
    addAll('aab');
    clock.advance(10_000);
    addAll('bbcd');
    const [b, a, d] = top.list(3);
    expect(b).toMatchObject({ key: 'b', count: 3, error: 0 });
    // The second part has seen no "a" that it could tell, and it would not tell of 2.
    expect(a).toMatchObject({ key: 'a', count: 2, error: 2 });
    expect(d).toMatchObject({ key: 'd', count: 2, error: 2 });
    expect(clock.pending).toBe(0);
  });

  it('tells failures and the mean time of what was counted for the key itself', () => {
    top.add('x', false, 10);
    top.add('x', true, 30);
    top.add('y');
    expect(top.list(2)).toEqual([
      { key: 'x', count: 2, error: 0, failures: 1, meanMs: 20 },
      { key: 'y', count: 1, error: 0, failures: 0, meanMs: 0 },
    ]);
    top.add('z', true, 8);
    expect(top.list(2).find(({ key }) => key === 'z')).toEqual(
      expect.objectContaining({ count: 2, error: 1, failures: 1, meanMs: 8 }),
    );
  });
});
