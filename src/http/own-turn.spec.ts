import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { inOwnTurn, ownTurn, throwInOwnTurn } from './write-answer.js';

describe('ownTurn', () => {
  it('gives 64 their turn at once, and the others theirs in their order, 64 in each', async () => {
    await nextTurn();
    const done: number[] = [];
    const perTurn: number[] = [];
    const all = Array.from({ length: 300 }, async (_, at) => {
      await ownTurn();
      done.push(at);
    });
    for (let i = 0; i < 3; i++) await Promise.resolve();
    expect(done).toHaveLength(64);
    while (done.length < 300) {
      const before = done.length;
      await nextTurn();
      perTurn.push(done.length - before);
    }
    await Promise.all(all);
    expect(Math.max(...perTurn)).toBeLessThanOrEqual(64);
    expect(done).toEqual(Array.from({ length: 300 }, (_, at) => at));
  });

  it('has room again in the next turn', async () => {
    for (let i = 0; i < 3; i++) {
      await nextTurn();
      await nextTurn();
      expect(ownTurn()).toBeUndefined();
    }
  });

  it('throws in its turn, too', async () => {
    await nextTurn();
    const error = new Error('x');
    const results = await Promise.allSettled(
      Array.from({ length: 100 }, () => Promise.reject(error).catch(throwInOwnTurn)),
    );
    expect(results.every(({ status }) => status === 'rejected')).toBe(true);
    let done = false;
    await inOwnTurn(() => {
      done = true;
    });
    expect(done).toBe(true);
  });
});
