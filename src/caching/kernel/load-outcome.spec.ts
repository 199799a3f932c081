import { describe, expect, it } from '@jest/globals';
import { LoadOutcome } from './load-outcome.js';

describe('the outcome of a load that has failed', () => {
  it('is what its callers get instead, with the error', () => {
    const error = new Error('down');
    const instead = LoadOutcome.uncacheable('busy', { tags: ['a'] });
    const { kind, value, facts, failure } = LoadOutcome.failed(error, instead);
    expect({ kind, value, facts, failure }).toEqual({
      kind: 'uncacheable',
      value: 'busy',
      facts: { tags: ['a'] },
      failure: error,
    });
  });

  it.each([undefined, null, 'busy'])('is refused with %j instead', (instead) => {
    expect(() => LoadOutcome.failed(new Error('down'), instead as never)).toThrow(
      'Option "failed().instead" must be what callers get, such as LoadOutcome.uncacheable(answer)',
    );
  });
});
