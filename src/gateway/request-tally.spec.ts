import { describe, expect, it } from '@jest/globals';
import { RequestTally } from './request-tally.js';
import type { FollowedRequest } from './request-tally.js';

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

  it('tell what has become of the answers to their calls, and why the last one was not kept', () => {
    const tally = new RequestTally();
    const unstored = { because: 'private', status: 200, at: 7 } as const;
    const request = (does: (followed: FollowedRequest) => void) => {
      const followed = tally.follow('shop');
      followed.calls();
      does(followed);
    };
    request((followed) => followed.keeps('/a'));
    request((followed) => followed.keepsNot('/b', unstored));
    request((followed) => {
      followed.keeps('/c');
      followed.keepsNot('/c', { ...unstored, because: 'broken-off' }, true);
    });
    expect([...tally.kept()]).toEqual([{ rule: 'shop', calls: 3, kept: 1, notKept: 2 }]);
    const { unstored: last } = tally;
    expect([last.of('shop', '/a'), last.of('shop', '/b')]).toEqual([undefined, unstored]);
    expect(last.of('shop', '/c')?.because).toBe('broken-off');
    expect(last.of('other', '/b')).toBeUndefined();
    request((followed) => followed.keeps('/b'));
    expect(last.of('shop', '/b')).toBeUndefined();
  });

  it('remember of a bounded number of targets, however long', () => {
    const { unstored } = new RequestTally();
    const long = (n: number) => `/${'x'.repeat(8_000)}${n}`;
    for (let n = 0; n < 1_500; n++) {
      unstored.note('shop', long(n), { because: 'private', status: 200, at: n });
    }
    const known = Array.from({ length: 1_500 }, (_, n) => unstored.of('shop', long(n)));
    expect(known.filter((each) => each !== undefined)).toHaveLength(1_000);
    expect(known.at(-1)?.at).toBe(1_499);
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
