import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../ground/manual-clock.js';
import type { LogEvent } from '../../ground/index.js';
import { TakeoverLog } from './takeover-log.js';

describe('What is told of takeovers', () => {
  it('is one line for all flights of a process that has died, and the next after a while', () => {
    const clock = new ManualClock();
    const lines: LogEvent[] = [];
    const takeovers = new TakeoverLog(clock, {
      warn: (line) => void lines.push(line),
      log: () => undefined,
    });
    for (let flight = 0; flight < 1_000; flight++) takeovers.tell('dead', 'b');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      event: 'flight.taken-over',
      count: 1,
      from: 'b',
      reason: 'dead',
    });

    clock.advance(10_000);
    takeovers.tell('lease', 'c');
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatchObject({ count: 1_000, from: 'c', reason: 'lease' });
    expect(String(lines[1])).toContain('from c, which has let its lease end');
  });

  it('is nothing where nobody has a log', () => {
    expect(() => new TakeoverLog(new ManualClock(), undefined).tell('dead', 'b')).not.toThrow();
  });
});
