import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CommandWindow } from './command-window.js';

const commands = (count: number) => Array.from({ length: count }, (_, id) => ({ id }));

describe('CommandWindow', () => {
  it('sends up to its width, lets as many wait as it is deep, and refuses the rest', () => {
    const window = new CommandWindow<{ id: number }>(2, 1);
    expect(commands(4).map((command) => window.add(command))).toEqual([
      ...['send', 'send', 'wait', 'refuse'],
    ]);
    expect([window.outstanding, window.waiting]).toEqual([2, 1]);
  });

  it('forgets everything at once, and takes no late answer for room', () => {
    const window = new CommandWindow<{ id: number }>(1, 5);
    const all = commands(3);
    for (const command of all) window.add(command);
    expect(window.clear()).toEqual(all);
    expect([window.outstanding, window.waiting, window.oldest]).toEqual([0, 0, undefined]);

    const [late] = all;
    const [next, waiting] = commands(2);
    window.add(next!);
    window.add(waiting!);
    expect(window.answered(late!)).toBeUndefined();
    expect([window.outstanding, window.waiting]).toEqual([1, 1]);
  });

  it('sends everything in the order it came, and never more than its width at once', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 3_000 }),
        fc.array(fc.oneof(fc.constant(-1), fc.nat(10)), { maxLength: 300 }),
        fc.nat(2_500),
        (width, depth, steps, flood) => {
          const window = new CommandWindow<{ id: number }>(width, depth);
          const sent: { id: number }[] = [];
          const pending: { id: number }[] = [];
          let accepted = 0;
          const add = () => {
            const command = { id: accepted };
            const verdict = window.add(command);
            if (verdict === 'refuse') {
              expect(window.waiting).toBe(depth);
              return;
            }
            accepted += 1;
            if (verdict === 'send') {
              sent.push(command);
              pending.push(command);
            }
          };
          const answer = (which: number) => {
            const [command] = pending.splice(which % Math.max(1, pending.length), 1);
            if (!command) return;
            const next = window.answered(command);
            if (next) {
              sent.push(next);
              pending.push(next);
            }
          };
          for (let n = 0; n < flood; n += 1) add();
          for (const step of steps) {
            if (step < 0) add();
            else answer(step);
            if (window.outstanding > width || window.outstanding !== pending.length) return false;
            if (window.oldest !== pending[0]) return false;
          }
          while (pending.length > 0) answer(0);
          return sent.length === accepted && sent.every(({ id }, index) => id === index);
        },
      ),
    );
  });
});
