import { describe, expect, it } from '@jest/globals';
import { RequestTally } from './request-tally.js';

describe('requests that are counted', () => {
  it('are told by rule and by what they came to', () => {
    const tally = new RequestTally();
    for (let request = 0; request < 3; request++) tally.follow('catalogue').ends('hit', 'memory');
    tally.follow('catalogue').ends('hit', 'disk');
    tally.follow('rest').ends('miss', undefined, 'led');
    expect([...tally.counts()]).toEqual([
      { rule: 'catalogue', result: 'hit', tier: 'memory', role: 'none', count: 3 },
      { rule: 'catalogue', result: 'hit', tier: 'disk', role: 'none', count: 1 },
      { rule: 'rest', result: 'miss', tier: 'none', role: 'led', count: 1 },
    ]);
  });

  it('have come to what was said of them first', () => {
    const tally = new RequestTally();
    const request = tally.follow('rest');
    request.ends('bypass', 'none', 'led');
    request.ends('error');
    expect([...tally.counts()].map(({ result, count }) => [result, count])).toEqual([
      ['bypass', 1],
    ]);
  });

  it('have saved a call where they have an answer and made none', () => {
    const tally = new RequestTally();
    tally.follow('rest').ends('hit', 'memory');
    tally.follow('rest').ends('collapsed', 'none', 'joined');
    tally.follow('rest').ends('denied');
    const caller = tally.follow('rest');
    caller.calls();
    caller.ends('miss', 'none', 'led');
    const standIn = tally.follow('rest');
    standIn.calls();
    standIn.ends('stale', 'memory');
    expect(tally.saved).toBe(2);
  });

  it('have saved none where the call is made behind the answer, and what was told does not fall', () => {
    const tally = new RequestTally();
    const stale = tally.follow('rest');
    stale.ends('stale', 'memory');
    expect(tally.saved).toBe(1);
    stale.calls();
    stale.calls();
    expect(tally.saved).toBe(1);
    tally.follow('rest').ends('hit', 'memory');
    expect(tally.saved).toBe(1);
    tally.follow('rest').ends('hit', 'memory');
    expect(tally.saved).toBe(2);
  });

  it('are counted together where a rule file has made more rules than anybody reads of', () => {
    const tally = new RequestTally();
    for (let rule = 0; rule < 1_100; rule++) tally.follow(`rule-${rule}`).ends('hit', 'memory');
    const counts = [...tally.counts()];
    expect(counts).toHaveLength(1_001);
    expect(counts.at(-1)).toMatchObject({ rule: 'other', count: 100 });
  });
});
