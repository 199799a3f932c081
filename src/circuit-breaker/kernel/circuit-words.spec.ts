import { describe, expect, it } from '@jest/globals';
import { CircuitFixture } from '../testing/circuit-fixture.js';
import { durationInWords } from './circuit-words.js';

describe('a circuit says in words', () => {
  const why = (f: CircuitFixture) => f.circuit.describe().why;

  it('what it counts while closed', () => {
    const f = new CircuitFixture();
    expect(why(f)).toBe('Closed: 0 of 3 consecutive failures.');
    f.admit().settle.threw({ status: 503 }, 12);
    f.clock.advance(2_000);
    expect(why(f)).toBe(
      'Closed: 1 of 3 consecutive failures. The last failure was an answer by 5xx after 12 ms, 2 s ago.',
    );
  });

  it('what failed, when, and when the next probe is due', () => {
    const f = new CircuitFixture();
    f.fail(2);
    f.admit().settle.threw(new DOMException('late', 'TimeoutError'), 5_000);
    f.clock.advance(1_200);
    expect(why(f)).toBe(
      'Open for 1.2 s: 3 of 3 consecutive failures. A probe is due in 3.8 s. ' +
        'The last failure was a timeout after 5 s, 1.2 s ago.',
    );
  });

  it('that a probe is due, is on its way, or has failed', () => {
    const f = new CircuitFixture();
    f.openAndCoolDown(6_000);
    expect(why(f)).toContain(
      'Half-open: the cooldown has elapsed (3 of 3 consecutive failures), and the next call is a probe.',
    );
    const probe = f.admit();
    f.clock.advance(70);
    expect(why(f)).toContain('Half-open for 70 ms: 0 probe(s) succeeded, 1 on the way,');
    probe.settle.failure();
    expect(why(f)).toMatch(
      /^Open for 0 ms: .*\. The last failure was an error after 70 ms, 0 ms ago\.$/,
    );
  });

  it('what was done by hand', () => {
    const f = new CircuitFixture();
    f.circuit.isolate();
    f.clock.advance(125_000);
    expect(why(f)).toBe(
      'Isolated by hand for 2 min 5 s: it refuses every call until it is released.',
    );
    f.circuit.forceClosed();
    expect(why(f)).toBe(
      'Forced closed by hand for 0 ms: it admits every call until it is released.',
    );
  });

  it('that slow calls opened it', () => {
    const policy = { kind: 'count-window', size: 4, minimumCalls: 2, slowCallMs: 100 } as const;
    const f = new CircuitFixture({ policy });
    for (let call = 0; call < 2; call++) f.admit().settle.success(250);
    expect(why(f)).toContain('The last bad call was slow, and ended after 250 ms, 0 ms ago.');
  });

  it('nothing of a failure that it keeps no evidence of, or that a clock set back puts into the future', () => {
    const f = new CircuitFixture({ evidenceSize: 0 });
    f.fail(3);
    expect(why(f)).toBe('Open for 0 ms: 3 of 3 consecutive failures. A probe is due in 5 s.');
    const set = new CircuitFixture();
    set.fail(1);
    set.clock.shiftWall(-60_000);
    expect(why(set)).toMatch(/ \d+ ms ago\.$| s ago\.$/);
  });
});

describe('a length of time', () => {
  it.each([
    [0, '0 ms'],
    [340.4, '340 ms'],
    [1_000, '1 s'],
    [3_849, '3.8 s'],
    [60_000, '1 min 0 s'],
    [3_599_999, '59 min 59 s'],
    [11_099_000, '3 h 4 min'],
  ])('of %s ms reads %j', (ms, words) => {
    expect(durationInWords(ms)).toBe(words);
  });
});
