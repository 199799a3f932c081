import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from '@jest/globals';
import {
  fulfilled,
  Harness,
  PENDING,
  rejected,
  settle,
  standingOf,
  standingsOf,
} from '../testing/harness.js';

describe('one call, one outcome', () => {
  it('calls the loader once for all callers of a key, and gives each its value', async () => {
    const { coalescer, loads, load } = new Harness();
    const callers = Array.from({ length: 50 }, () => coalescer.run('k', load));
    expect(loads).toHaveLength(1);
    loads[0]?.resolve('v');
    expect(await standingsOf(callers)).toEqual(callers.map(() => fulfilled('v')));
  });

  it('gives one promise to all who ask for nothing special', () => {
    const h = new Harness();
    expect(h.run()).toBe(h.run());
  });

  it('calls the loader before run returns', () => {
    const h = new Harness();
    void h.run();
    expect(h.loads).toHaveLength(1);
  });

  it('shares one error with every joiner', async () => {
    const h = new Harness();
    const callers = [h.run(), h.run(), h.run()];
    const error = new Error('down');
    h.at(0).reject(error);
    expect(await standingsOf(callers)).toEqual(callers.map(() => rejected(error)));
    expect(h.loads).toHaveLength(1);
  });

  it.each([undefined, null, 0, '', false])(
    'keeps a rejection with %p a rejection for every caller',
    async (reason) => {
      const h = new Harness();
      const callers = [h.run(), h.run(), h.run('k', { timeoutMs: 10 })];
      h.at(0).reject(reason);
      expect(await standingsOf(callers)).toEqual(callers.map(() => rejected(reason)));
    },
  );

  it.each([undefined, null, 0, '', false])('shares the value %p', async (value) => {
    const h = new Harness();
    const callers = [h.run(), h.run()];
    h.at(0).resolve(value);
    expect(await standingsOf(callers)).toEqual(callers.map(() => fulfilled(value)));
  });

  it('shares an uncacheable value with every joiner, and tells the loader so', async () => {
    const h = new Harness();
    const callers = [h.run(), h.run()];
    const { flight } = h.at(0);
    expect(flight.cacheable).toBe(true);
    flight.uncacheable();
    expect(flight.cacheable).toBe(false);
    expect(flight.fenced).toBe(false);
    h.at(0).resolve('v');
    expect(await standingsOf(callers)).toEqual(callers.map(() => fulfilled('v')));
  });

  it('takes a loader that is not asynchronous', async () => {
    const { coalescer } = new Harness();
    expect(await coalescer.run('k', () => 7)).toBe(7);
  });

  it('takes a thenable for a promise', async () => {
    const { coalescer } = new Harness();
    const thenable = { then: (resolve: (value: number) => void) => resolve(7) };
    expect(await coalescer.run('k', () => thenable as unknown as Promise<number>)).toBe(7);
  });

  it('makes independent calls for different keys', async () => {
    const h = new Harness();
    const a = h.run('a');
    const b = h.run('b');
    expect(h.loads.map(({ key }) => key)).toEqual(['a', 'b']);
    h.at(1).resolve('B');
    expect(await standingOf(b)).toEqual(fulfilled('B'));
    expect(await standingOf(a)).toEqual(PENDING);
  });

  it('calls the loader again once the flight has ended, whatever it ended with', async () => {
    const h = new Harness();
    void h.run();
    h.at(0).resolve('old');
    await settle();
    void h.run();
    h.at(1).reject(new Error('down'));
    await settle();
    const third = h.run();
    h.at(2).resolve('new');
    expect(await standingOf(third)).toEqual(fulfilled('new'));
    expect(h.coalescer.size).toBe(0);
  });

  it.each(['__proto__', 'constructor', 'toString', '0', 'null', '', ' ', 'é', '\0'])(
    'takes %j for a key like any other',
    async (key) => {
      const h = new Harness();
      const callers = [h.run(key), h.run(key)];
      expect(h.loads).toHaveLength(1);
      expect(h.at(0).key).toBe(key);
      h.at(0).resolve(key);
      expect(await standingsOf(callers)).toEqual([fulfilled(key), fulfilled(key)]);
    },
  );
});

describe('registration before invocation', () => {
  it('has the flight in the table when the loader starts', () => {
    const { coalescer } = new Harness({ detectSelfJoin: false });
    let sizeInside = -1;
    void coalescer.run('k', () => {
      sizeInside = coalescer.size;
    });
    expect(sizeInside).toBe(1);
  });

  it('turns a synchronous throw into the error of everyone on the flight', async () => {
    const { coalescer } = new Harness();
    const error = new Error('at once');
    const load = (): never => {
      throw error;
    };
    const callers = [coalescer.run('k', load), coalescer.run('k', load)];
    expect(coalescer.size).toBe(1);
    expect(await standingsOf(callers)).toEqual([rejected(error), rejected(error)]);
    expect(coalescer.size).toBe(0);
  });
});

describe('a detached leader', () => {
  it('runs the loader outside the async context of the first caller', async () => {
    const h = new Harness();
    const request = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    const load = async (): Promise<void> => {
      seen.push(request.getStore());
      await Promise.resolve();
      seen.push(request.getStore());
    };
    await request.run('of the first caller', async () => {
      await h.coalescer.run('k', load);
      expect(request.getStore()).toBe('of the first caller');
    });
    expect(seen).toEqual([undefined, undefined]);
  });

  it('keeps it so where loaders have no async context of their own', async () => {
    const { coalescer } = new Harness({ detectSelfJoin: false });
    const request = new AsyncLocalStorage<string>();
    const seen = await request.run('of the first caller', () =>
      coalescer.run('k', () => request.getStore()),
    );
    expect(seen).toBeUndefined();
  });

  it('tells abort listeners outside the async context of whoever left last', async () => {
    const h = new Harness();
    const request = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    const caller = new AbortController();
    void h.run('k', { signal: caller.signal });
    h.at(0).flight.signal.addEventListener('abort', () => seen.push(request.getStore()));
    request.run('of the one who left', () => caller.abort());
    await settle();
    expect(seen).toEqual([undefined]);
  });

  it('starts timers outside the async context of the first caller', () => {
    const h = new Harness();
    const request = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    const { clock } = h;
    const schedule = clock.schedule.bind(clock);
    clock.schedule = (task, delayMs) => {
      seen.push(request.getStore());
      return schedule(task, delayMs);
    };
    request.run('of the first caller', () => void h.run('k', { timeoutMs: 5 }));
    expect(seen).toEqual([undefined, undefined]);
  });

  it("tells the loader the key and the flight's deadline", () => {
    const h = new Harness({ flightTimeoutMs: 700 });
    const start = h.clock.monotonic();
    void h.run('the key');
    const { flight } = h.at(0);
    expect(flight).toMatchObject({ key: 'the key', deadline: start + 700, fenced: false });
    expect(flight.signal).toBe(flight.signal);
  });
});
