import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../ground/manual-clock.js';
import { IgnoredLinesLog } from './ignored-lines.log.js';

describe('the log of ignored lines', () => {
  it('has a line for each, with why and what', () => {
    const said: string[] = [];
    const log = new IgnoredLinesLog((message) => said.push(message), new ManualClock());
    log.ignored('not JSON', 'a"b');
    log.ignored('not JSON', 'x'.repeat(5_000));
    log.ignored('not UTF-8');
    expect(said).toEqual([
      String.raw`Ignored: not JSON: "a\"b"`,
      `Ignored: not JSON: "${'x'.repeat(120)}…"`,
      'Ignored: not UTF-8',
    ]);
  });

  it('counts instead, where there are more than a hundred in a second', () => {
    const said: string[] = [];
    const clock = new ManualClock();
    const log = new IgnoredLinesLog((message) => said.push(message), clock);
    for (let i = 0; i < 1_000; i++) log.ignored('not JSON', String(i));
    expect(said).toHaveLength(100);
    clock.advance(1_000);
    log.ignored('not JSON', 'later');
    expect(said.slice(100)).toEqual(['Ignored: 900 more', 'Ignored: not JSON: "later"']);
    for (let i = 0; i < 110; i++) log.ignored('not JSON', String(i));
    log.summarise();
    log.summarise();
    expect(said.at(-1)).toBe('Ignored: 11 more');
  });
});
