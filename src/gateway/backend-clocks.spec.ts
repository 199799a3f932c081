import { describe, expect, it } from '@jest/globals';
import type { LogEvent } from '../ground/index.js';
import { formatHttpDate } from '../http-cache/index.js';
import { BackendClocks } from './backend-clocks.js';

const NOW = Date.UTC(2026, 0, 1, 12);
const told: LogEvent[] = [];
const clocks = () => {
  told.length = 0;
  return new BackendClocks({ warn: (event) => void told.push(event) });
};
const dated = (behindS: number) => ['Date', formatHttpDate(NOW - behindS * 1_000)];
const arrival = { receivedAt: NOW, delayMs: 0 };

describe('a backend whose clock is behind (F7)', () => {
  it('is told of once, with how much it is behind', () => {
    const seen = clocks();
    for (const backend of ['a', 'a', 'b']) seen.saw(backend, dated(6), arrival);
    expect(told).toMatchObject([
      { event: 'gateway.clock-behind', backend: 'a', behindSeconds: 6 },
      { event: 'gateway.clock-behind', backend: 'b', behindSeconds: 6 },
    ]);
  });

  it.each([
    ['is five seconds behind', dated(5), arrival],
    ['is ahead', dated(-60), arrival],
    ['has taken as long to answer', dated(6), { ...arrival, delayMs: 6_000 }],
    ['sends what was kept on its way', [...dated(60), 'Age', '60'], arrival],
    ['names no date', [], arrival],
    ['names what is none', ['Date', 'today'], arrival],
    ['names two', [...dated(60), ...dated(60)], arrival],
  ])('is not one that %s', (_, fields, at) => {
    clocks().saw('a', fields, at);
    expect(told).toEqual([]);
  });

  it('is read again once a second, and told as it was read last', () => {
    const seen = clocks();
    const at = (ms: number) => ({ receivedAt: NOW + ms, delayMs: 0 });
    seen.saw('a', dated(6), at(0));
    seen.saw('a', dated(60), at(999));
    seen.saw('b', dated(-3), at(0));
    seen.saw('c', dated(0), at(0));
    seen.saw('d', ['Date', 'today'], at(0));
    expect([...seen.offsets()]).toEqual([
      { backend: 'a', seconds: -6 },
      { backend: 'b', seconds: 3 },
      { backend: 'c', seconds: 0 },
    ]);
    seen.saw('a', dated(0), at(2_000));
    // By a clock here that was set back.
    seen.saw('b', dated(5), at(-5_000));
    expect([...seen.offsets()].slice(0, 2)).toEqual([
      { backend: 'a', seconds: -2 },
      { backend: 'b', seconds: 0 },
    ]);
    expect(told).toHaveLength(1);
  });

  it('is told of a hundred times at most', () => {
    const seen = clocks();
    for (let backend = 0; backend < 200; backend++) seen.saw(String(backend), dated(60), arrival);
    expect(told).toHaveLength(100);
    expect([...seen.offsets()]).toHaveLength(100);
  });
});
