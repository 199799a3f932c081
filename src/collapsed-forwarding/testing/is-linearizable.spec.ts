import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isLinearizable } from './is-linearizable.js';
import type { Action, Operation } from './register-history.js';

const read = (saw?: string): Action => ({ kind: 'read', saw });
const write = (value: string): Action => ({ kind: 'write', value });
const cas = (
  from: string,
  to: string,
  outcome: 'done' | 'different' | 'missing',
  create = false,
): Action => ({ kind: 'cas', from, to, create, outcome });
const op = (from: number, to: number, action: Action): Operation => ({ from, to, action });

describe('the linearizability checker', () => {
  it.each<[string, Operation[]]>([
    ['nothing at all', []],
    ['a read of what does not exist', [op(0, 1, read())]],
    ['a write and a read of it', [op(0, 1, write('a')), op(2, 3, read('a'))]],
    ['a read of the old value during a write', [op(0, 5, write('a')), op(1, 2, read())]],
    ['a read of the new value during a write', [op(0, 5, write('a')), op(1, 2, read('a'))]],
    [
      'two reads during a write, the old value first',
      [op(0, 9, write('a')), op(1, 2, read()), op(3, 4, read('a'))],
    ],
    ['an unanswered write that never happened', [op(0, Infinity, write('a')), op(1, 2, read())]],
    [
      'an unanswered write that happened much later',
      [op(0, Infinity, write('a')), op(1, 2, read()), op(8, 9, read('a'))],
    ],
    [
      'a cas that another cas made possible',
      [
        op(0, 1, write('a')),
        op(2, 9, cas('b', 'c', 'done')),
        op(3, 8, cas('a', 'b', 'done')),
        op(10, 11, read('c')),
      ],
    ],
    ['a cas that creates', [op(0, 1, cas('x', 'a', 'done', true)), op(2, 3, read('a'))]],
    ['a cas of what is missing', [op(0, 1, cas('x', 'a', 'missing')), op(2, 3, read())]],
    [
      'a cas that finds another value',
      [op(0, 1, write('a')), op(2, 3, cas('x', 'b', 'different'))],
    ],
  ])('accepts %s', (_name, history) => {
    expect(isLinearizable(history)).toBe(true);
  });

  it.each<[string, Operation[]]>([
    ['a read of what nobody wrote', [op(0, 1, read('a'))]],
    ['a stale read after a write was answered', [op(0, 1, write('a')), op(2, 3, read())]],
    [
      'a stale read between two answered writes and another',
      [op(0, 1, write('a')), op(2, 3, write('b')), op(4, 5, read('a'))],
    ],
    [
      'new, then old, during a write',
      [op(0, 9, write('a')), op(1, 2, read('a')), op(3, 4, read())],
    ],
    [
      'an unanswered write that was seen and then unseen',
      [op(0, Infinity, write('a')), op(1, 2, read('a')), op(3, 4, read())],
    ],
    ['a write from the future', [op(0, 1, read('a')), op(2, 3, write('a'))]],
    [
      'two readers who disagree about the order of two writes',
      [op(0, 9, write('a')), op(0, 9, write('b')), op(10, 11, read('a')), op(12, 13, read('b'))],
    ],
    [
      'two cas from the same value that both succeed',
      [op(0, 1, write('a')), op(2, 5, cas('a', 'b', 'done')), op(3, 6, cas('a', 'c', 'done'))],
    ],
    [
      'a cas that fails on its own value',
      [op(0, 1, write('a')), op(2, 3, cas('a', 'b', 'different'))],
    ],
    ['a cas that misses what exists', [op(0, 1, write('a')), op(2, 3, cas('a', 'b', 'missing'))]],
    [
      'a cas that was answered and not applied',
      [op(0, 1, write('a')), op(2, 3, cas('a', 'b', 'done')), op(4, 5, read('a'))],
    ],
  ])('rejects %s', (_name, history) => {
    expect(isLinearizable(history)).toBe(false);
  });

  it('accepts whatever a real register did, however wide the operations are drawn', () => {
    const action = fc.oneof(
      fc.record({ kind: fc.constant('read' as const) }),
      fc.record({ kind: fc.constant('write' as const), value: fc.constantFrom('a', 'b', 'c') }),
      fc.record({
        kind: fc.constant('cas' as const),
        from: fc.constantFrom('a', 'b', 'c'),
        to: fc.constantFrom('a', 'b', 'c'),
        create: fc.boolean(),
      }),
    );
    const step = fc.record({ action, before: fc.nat(6), after: fc.nat(6) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 14 }), (steps) => {
        let state: string | undefined;
        const history = steps.map(({ action, before, after }, i): Operation => {
          const span = { from: 10 * i - 10 * before, to: 10 * i + 10 * after + 1 };
          if (action.kind === 'read') return { ...span, action: read(state) };
          if (action.kind === 'write') {
            state = action.value;
            return { ...span, action };
          }
          const { from, to, create } = action;
          const done = state === undefined ? create : state === from;
          const outcome = done ? 'done' : state === undefined ? 'missing' : 'different';
          if (done) state = to;
          return { ...span, action: cas(from, to, outcome, create) };
        });
        expect(isLinearizable(history)).toBe(true);
      }),
    );
  });
});
