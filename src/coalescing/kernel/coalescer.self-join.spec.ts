import { describe, expect, it } from '@jest/globals';
import { asyncFlightContexts, createCoalescer } from '../create-coalescer.js';
import {
  Harness,
  PENDING,
  fulfilled,
  settle,
  standingOf,
  standingsOf,
} from '../testing/harness.js';
import { SelfJoinError } from './coalescing.error.js';
import { hashKey } from '../../ground/index.js';
import type { RunOptions } from './coalescer-options.js';

const SELF_JOIN = { status: 'rejected', error: expect.any(SelfJoinError) };

describe('a loader that would wait for itself', () => {
  it.each<RunOptions | undefined>([undefined, { notOlderThan: 'now' }, { timeoutMs: 100 }])(
    'fails at once when it runs its own key with %j',
    async (options) => {
      const { coalescer } = new Harness();
      const caller = coalescer.run('k', async () => {
        await Promise.resolve();
        return coalescer.run('k', () => 'never', options);
      });
      const standing = await standingOf(caller);
      expect(standing).toEqual(SELF_JOIN);
      expect(standing).toMatchObject({
        error: {
          name: 'SelfJoinError',
          code: 'BREAKWATER_SELF_JOIN',
          coalescer: 'test',
          keyHash: hashKey('k'),
        },
      });
      expect(standing).toHaveProperty(
        'error.message',
        'A loader of coalescer "test" would wait for itself: it asked for key ' +
          `#${hashKey('k')}, whose flight cannot end before this loader does`,
      );
      expect(coalescer.counters().selfJoins).toBe(1);
      expect(coalescer.size).toBe(0);
    },
  );

  it('is found through a chain of flights, and only the call that closes it fails', async () => {
    const h = new Harness();
    const { coalescer } = h;
    let closing: Promise<unknown> | undefined;
    const a = coalescer.run('a', () =>
      coalescer.run('b', () =>
        coalescer.run('c', () => {
          closing = coalescer.run('a', h.load);
          return closing.catch(() => 'recovered');
        }),
      ),
    );
    const bystander = h.run('b');
    expect(await standingOf(closing!)).toEqual(SELF_JOIN);
    expect(await standingsOf([a, bystander])).toEqual([
      fulfilled('recovered'),
      fulfilled('recovered'),
    ]);
  });

  it('is found through flights that others lead', async () => {
    const h = new Harness();
    const { coalescer } = h;
    const gate = coalescer.run('gate', h.load);
    const b = coalescer.run('b', async () => {
      await gate;
      return coalescer.run('a', h.load);
    });
    const a = coalescer.run('a', () => coalescer.run('b', h.load));
    h.at(0).resolve('open');
    expect(await standingsOf([a, b])).toEqual([SELF_JOIN, SELF_JOIN]);
  });

  it('is found through another coalescer', async () => {
    const { coalescer } = new Harness();
    const other = createCoalescer('other');
    const a = coalescer.run('a', () => other.run('b', () => coalescer.run('a', () => 'never')));
    expect(await standingOf(a)).toEqual(SELF_JOIN);
  });

  it('is found behind a queued flight', async () => {
    const h = new Harness();
    const { coalescer } = h;
    const gate = coalescer.run('gate', h.load);
    void coalescer.run('b', async () => {
      await gate;
      return coalescer.run('a', h.load);
    });
    // a waits for the flight queued behind b, which cannot start before b has ended.
    const a = coalescer.run('a', () => coalescer.run('b', h.load, { notOlderThan: 'now' }));
    h.at(0).resolve('open');
    await settle();
    expect(coalescer.counters().selfJoins).toBe(1);
    h.at(1).resolve('next b');
    expect(await standingOf(a)).toEqual(fulfilled('next b'));
  });
});

describe('a loader that does not wait for itself', () => {
  it('may run other keys', async () => {
    const { coalescer } = new Harness();
    const a = coalescer.run('a', () => coalescer.run('b', () => coalescer.run('c', () => 'c')));
    expect(await standingOf(a)).toEqual(fulfilled('c'));
    expect(coalescer.size).toBe(0);
  });

  it('may reach one flight on two ways', async () => {
    const h = new Harness();
    const { coalescer } = h;
    const via = (key: string) => coalescer.run(key, () => coalescer.run('leaf', h.load));
    const top = coalescer.run('top', () => Promise.all([via('left'), via('right')]));
    expect(h.loads).toHaveLength(1);
    const again = coalescer.run('again', () => coalescer.run('top', h.load));
    h.at(0).resolve('leaf');
    expect(await standingsOf([top, again])).toEqual([
      fulfilled(['leaf', 'leaf']),
      fulfilled(['leaf', 'leaf']),
    ]);
  });

  it('may run its key again once its own flight has ended', async () => {
    const h = new Harness({ flightTimeoutMs: 100 });
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    let again: Promise<unknown> | undefined;
    void h.coalescer.run('k', async () => {
      await gate;
      again = h.run('k');
    });
    h.clock.advance(100);
    const newer = h.run('k');
    open();
    await settle();
    h.at(0).resolve('newer');
    expect(await standingsOf([again!, newer])).toEqual([fulfilled('newer'), fulfilled('newer')]);
  });

  it('may run a key again that it no longer waits for', async () => {
    const h = new Harness();
    const { coalescer } = h;
    const leaving = new AbortController();
    const a = coalescer.run('a', async () => {
      await coalescer.run('b', h.load, { signal: leaving.signal }).catch(() => undefined);
      return 'a';
    });
    void h.run('b');
    leaving.abort();
    const b = coalescer.run('c', () => coalescer.run('b', h.load));
    expect(await standingOf(a)).toEqual(fulfilled('a'));
    h.at(0).resolve('b');
    expect(await standingOf(b)).toEqual(fulfilled('b'));
  });

  it('may be joined by a flight that it once waited for', async () => {
    const h = new Harness();
    const { coalescer } = h;
    const gate = coalescer.run('gate', h.load);
    const b = coalescer.run('b', async () => {
      await gate;
      return coalescer.run('a', h.load);
    });
    const a = coalescer.run('a', async () => {
      const impatient = coalescer.run('b', h.load, { timeoutMs: 10 });
      await impatient.catch(() => undefined);
      return coalescer.run('last', h.load);
    });
    h.clock.advance(10);
    h.at(0).resolve('open');
    await settle();
    h.at(1).resolve('v');
    expect(await standingsOf([a, b])).toEqual([fulfilled('v'), fulfilled('v')]);
  });

  it('is not watched where the coalescer was told so', async () => {
    const h = new Harness({ detectSelfJoin: false, flightTimeoutMs: 100 });
    const { coalescer } = h;
    const caller = coalescer.run('k', () => {
      expect(asyncFlightContexts.current()).toBeUndefined();
      return coalescer.run('k', () => 'never');
    });
    expect(await standingOf(caller)).toEqual(PENDING);
    h.clock.advance(100);
    expect(await standingOf(caller)).toMatchObject({ error: { name: 'FlightTimeoutError' } });
  });
});
