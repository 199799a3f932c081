import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../ground/manual-clock.js';
import { RefreshOutages } from './refresh-outages.js';

describe('an outage of the backend behind stale values', () => {
  const start = () => {
    const clock = new ManualClock();
    const lines: string[] = [];
    const outages = new RefreshOutages(clock, {
      warn: (line) => lines.push(`warn ${String(line)}`),
      log: (line) => lines.push(`log ${String(line)}`),
    });
    const outage = {
      get current() {
        return outages.current.get('products');
      },
      failed: (error: unknown) => {
        outages.failed({ cache: 'products' }, error);
      },
      succeeded: (hadFailed: boolean) => {
        outages.succeeded({ cache: 'products' }, hadFailed);
      },
    };
    return { clock, lines, outage, outages };
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

  it('is one for all caches with that backend, and another for each other', () => {
    const { lines, outages } = start();
    const sources = [
      { cache: 'products', backend: 'http://a' },
      { cache: 'prices', backend: () => 'http://a' },
      { cache: 'stock', backend: 'http://b' },
      { cache: 'stock' },
    ];
    for (const source of sources) outages.failed(source, 'down');
    expect(lines).toEqual([
      'warn Refreshes from http://a fail, stale values stand in: down',
      'warn Refreshes from http://b fail, stale values stand in: down',
      'warn Refreshes of cache "stock" fail, stale values stand in: down',
    ]);
    for (const source of sources) outages.succeeded(source, true);
    expect(lines.slice(3)).toEqual([
      'log Refreshes from http://a succeed again after 0 s (2 failed)',
      'log Refreshes from http://b succeed again after 0 s (1 failed)',
      'log Refreshes of cache "stock" succeed again after 0 s (1 failed)',
    ]);
    expect(outages.current.size).toBe(0);
  });

  it("is the cache's own where the name of the backend cannot be made", () => {
    const { outages } = start();
    const backend = (): never => {
      throw new Error('no such region');
    };
    outages.failed({ cache: 'products', backend }, 'down');
    expect([...outages.current.keys()]).toEqual(['products']);
  });

  it('does not ask for its name while there is none', () => {
    const { outages } = start();
    const backend = (): never => {
      throw new Error('asked');
    };
    expect(() => {
      outages.succeeded({ cache: 'products', backend }, true);
    }).not.toThrow();
  });

  it('is forgotten where there are too many of them', () => {
    const { outages } = start();
    for (let i = 0; i <= 1_000; i++) outages.failed({ cache: 'c', backend: `b${i}` }, 'down');
    expect(outages.current.size).toBe(1_000);
    expect(outages.current.has('b0')).toBe(false);
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
