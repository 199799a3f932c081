import { describe, expect, it } from '@jest/globals';
import { PeerTally } from './peer-watch.js';

const zero = new Map([['a', 0]]);

describe('the tally of peers', () => {
  it('tells a death by the second look in a row', () => {
    const tally = new PeerTally();
    expect(tally.look(1, zero)).toEqual([]);
    expect(tally.look(1, zero)).toEqual(['a']);
    expect(tally.look(1, zero)).toEqual([]);
  });

  it('starts over when somebody is seen', () => {
    const tally = new PeerTally();
    tally.look(1, zero);
    tally.look(1, new Map([['a', 1]]));
    expect(tally.look(1, zero)).toEqual([]);
  });

  it('starts over when this process itself is not seen', () => {
    const tally = new PeerTally();
    tally.look(1, zero);
    expect(tally.look(0, zero)).toEqual([]);
    expect(tally.look(1, zero)).toEqual([]);
  });

  it('starts over for those whom nobody waited for in between', () => {
    const tally = new PeerTally();
    tally.look(
      1,
      new Map([
        ['a', 0],
        ['b', 0],
      ]),
    );
    tally.keep((owner) => owner === 'b');
    expect(
      tally.look(
        1,
        new Map([
          ['a', 0],
          ['b', 0],
        ]),
      ),
    ).toEqual(['b']);
  });
});
