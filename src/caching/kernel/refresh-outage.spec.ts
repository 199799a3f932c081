import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../clock/testing/manual-clock.js';
import { RefreshOutage } from './refresh-outage.js';

describe('an outage of the backend behind stale values', () => {
  const start = () => {
    const clock = new ManualClock();
    const lines: string[] = [];
    const outage = new RefreshOutage('products', clock, {
      warn: (line) => lines.push(`warn ${line}`),
      log: (line) => lines.push(`log ${line}`),
    });
    return { clock, lines, outage };
  };
  const FIRST = 'warn Refreshes of cache "products" fail, stale values stand in: status 503';

  it('is one line when it begins and one when it ends, however often refreshes fail', () => {
    const { clock, lines, outage } = start();
    const since = clock.wall();
    outage.failed(new Error('Bad Gateway', { cause: 'status 503' }));
    for (let i = 0; i < 99; i++) {
      clock.advance(1_000);
      outage.failed(new Error('later'));
    }
    expect(lines).toEqual([FIRST]);
    expect(outage.current).toEqual({ since, reason: 'later', failures: 100 });
    clock.advance(1_000);
    outage.succeeded(true);
    outage.succeeded(true);
    expect(lines.slice(1)).toEqual([
      'log Refreshes of cache "products" succeed again after 100 s (100 failed)',
    ]);
    expect(outage.current).toBeUndefined();
    outage.failed(new Error('down', { cause: new Error('again') }));
    expect(lines).toHaveLength(3);
  });

  it('is not over because other keys succeed, unless the failures are long over', () => {
    const { clock, lines, outage } = start();
    outage.succeeded(false);
    outage.failed(new Error('one key'));
    for (let i = 0; i < 5; i++) {
      clock.advance(59_999);
      outage.succeeded(false);
      outage.failed(new Error('one key'));
    }
    expect(lines).toHaveLength(1);
    clock.advance(60_000);
    outage.succeeded(false);
    expect([lines.length, outage.current]).toEqual([2, undefined]);
  });

  it.each([
    ['two\r\nlines', 'two lines'],
    ['x'.repeat(9_999), 'x'.repeat(200)],
    [new TypeError(''), 'TypeError'],
    [undefined, 'undefined'],
    [null, 'null'],
  ])('has a short reason on one line, whatever was thrown: %#', (error, reason) => {
    const { outage } = start();
    outage.failed(error);
    expect(outage.current?.reason).toBe(reason);
  });
});
