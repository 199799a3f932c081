import type { Action, Operation } from './register-history.js';

/** The register's value after an action, `undefined` while it does not exist. */
type State = string | undefined;

const IMPOSSIBLE = Symbol('impossible');

/**
 * Whether the operations on one register, which starts without a value, can be put into one order that
 * explains every outcome and keeps those in order that did not overlap (Wing and Gong 1993, with Lowe's
 * memory of what was tried). Operations without an end may have happened at any time, or never.
 */
export function isLinearizable(history: readonly Operation[]): boolean {
  const operations = [...history].sort((a, b) => a.from - b.from);
  const certain = operations.reduce((set, { to }, i) => (to < Infinity ? set | bit(i) : set), 0n);
  const tried = new Set<string>();

  const search = (done: bigint, state: State): boolean => {
    if ((done & certain) === certain) return true;
    const position = `${done.toString(36)}/${state === undefined ? '' : `=${state}`}`;
    if (tried.has(position)) return false;
    tried.add(position);
    let earliestEnd = Infinity;
    for (let i = 0; i < operations.length; i++) {
      if ((done & bit(i)) === 0n) earliestEnd = Math.min(earliestEnd, operations[i]!.to);
    }
    for (let i = 0; i < operations.length; i++) {
      const { from, action } = operations[i]!;
      // Whoever began after another has ended cannot come before it.
      if (from > earliestEnd) break;
      if ((done & bit(i)) !== 0n) continue;
      const next = apply(action, state);
      if (next !== IMPOSSIBLE && search(done | bit(i), next)) return true;
    }
    return false;
  };
  return search(0n, undefined);
}

function bit(index: number): bigint {
  return 1n << BigInt(index);
}

function apply(action: Action, state: State): State | typeof IMPOSSIBLE {
  switch (action.kind) {
    case 'read':
      return action.saw === state ? state : IMPOSSIBLE;
    case 'write':
      return action.value;
    case 'cas': {
      const outcome = outcomeOf(action, state);
      if (outcome !== action.outcome) return IMPOSSIBLE;
      return outcome === 'done' ? action.to : state;
    }
  }
}

function outcomeOf(
  { from, create }: Extract<Action, { kind: 'cas' }>,
  state: State,
): 'done' | 'different' | 'missing' {
  if (state === undefined) return create ? 'done' : 'missing';
  return state === from ? 'done' : 'different';
}
