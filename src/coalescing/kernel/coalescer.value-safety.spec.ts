import { describe, expect, it } from '@jest/globals';
import { Harness, settle, standingsOf } from '../testing/harness.js';
import type { ShareAs } from './coalescer-options.js';

interface Price {
  sku: string;
  tags: string[];
}

async function twoCallersOf(shareAs: ShareAs | undefined, value: unknown): Promise<unknown[]> {
  const { coalescer } = new Harness({ shareAs });
  return Promise.all([coalescer.run('k', () => value), coalescer.run('k', () => 'unused')]);
}

describe('what one caller does to a value', () => {
  it('is refused by default: the value is frozen in depth', async () => {
    const [mine, theirs] = (await twoCallersOf(undefined, { sku: 'a', tags: ['x'] })) as Price[];
    expect(mine).toBe(theirs);
    expect(() => mine?.tags.push('y')).toThrow(TypeError);
    expect(theirs).toEqual({ sku: 'a', tags: ['x'] });
  });

  it('is one and the same for those who may leave, too', async () => {
    const { coalescer } = new Harness();
    const { signal } = new AbortController();
    const callers = [
      coalescer.run('k', () => ({ sku: 'a' }), { signal }),
      coalescer.run('k', () => 'unused', { signal }),
    ];
    const [mine, theirs] = await Promise.all(callers);
    expect(mine).toBe(theirs);
  });

  it("stays its own with shareAs: 'clone', for the leader as for joiners", async () => {
    const original = { sku: 'a', tags: ['x'] };
    const [mine, theirs] = (await twoCallersOf('clone', original)) as Price[];
    mine?.tags.push('y');
    expect(theirs).toEqual({ sku: 'a', tags: ['x'] });
    expect(original).toEqual({ sku: 'a', tags: ['x'] });
  });

  it("is seen by all with shareAs: 'reference'", async () => {
    const original = { sku: 'a', tags: ['x'] };
    const [mine, theirs] = (await twoCallersOf('reference', original)) as Price[];
    mine?.tags.push('y');
    expect(theirs?.tags).toEqual(['x', 'y']);
    expect(mine).toBe(original);
  });

  it.each<ShareAs>(['reference', 'frozen', 'clone'])(
    'never copies or freezes bytes with shareAs: %p',
    async (shareAs) => {
      const body = Buffer.from('body');
      const whole = await twoCallersOf(shareAs, body);
      expect(whole[0]).toBe(body);
      expect(whole[1]).toBe(body);
      const inside = (await twoCallersOf(shareAs, { status: 200, body })) as { body: Buffer }[];
      expect(inside[0]?.body).toBe(body);
      expect(inside[1]?.body).toBe(body);
    },
  );

  it('fails everyone clearly if the value cannot be frozen', async () => {
    class Connection {}
    const { coalescer } = new Harness();
    const callers = [
      coalescer.run('k', () => ({ connection: new Connection() })),
      coalescer.run('k', () => 'unused'),
    ];
    const [first, second] = await standingsOf(callers);
    expect(first).toMatchObject({
      status: 'rejected',
      error: { name: 'UnshareableValueError', code: 'BREAKWATER_UNSHAREABLE_VALUE' },
    });
    expect(second).toEqual(first);
    expect(coalescer.counters()).toMatchObject({ failed: 1, succeeded: 0 });
  });

  it('fails each caller clearly if the value cannot be cloned', async () => {
    const { coalescer } = new Harness({ shareAs: 'clone' });
    const value = { send: () => undefined };
    const callers = [coalescer.run('k', () => value), coalescer.run('k', () => 'unused')];
    expect(await standingsOf(callers)).toMatchObject([
      { error: { name: 'UnshareableValueError' } },
      { error: { name: 'UnshareableValueError' } },
    ]);
  });

  it.each<ShareAs>(['frozen', 'reference'])(
    'of an error is seen by all with shareAs: %p, which leaves errors as they are',
    async (shareAs) => {
      const error = new Error('down');
      const { coalescer } = new Harness({ shareAs });
      const callers = [
        coalescer.run('k', () => Promise.reject(error)),
        coalescer.run('k', () => 'unused', { timeoutMs: 10 }),
      ];
      for (const caller of callers) await expect(caller).rejects.toBe(error);
      expect(Object.isFrozen(error)).toBe(false);
    },
  );
});

describe("what one caller does to an error stays its own with shareAs: 'clone'", () => {
  /** The errors of callers who each prefix its message. */
  async function prefixed(callers: readonly Promise<unknown>[]): Promise<Error[]> {
    return Promise.all(
      callers.map((caller, at) =>
        caller.then(
          () => new Error('a value'),
          (thrown: unknown) => {
            const error = thrown as Error;
            error.message = `${at}: ${error.message}`;
            return error;
          },
        ),
      ),
    );
  }

  it('where the loader has failed, for the leader, a joiner and one with a deadline', async () => {
    const { coalescer } = new Harness({ shareAs: 'clone' });
    const cause = new Error('below');
    const original = new RangeError('down', { cause });
    const errors = await prefixed([
      coalescer.run('k', () => Promise.reject(original)),
      coalescer.run('k', () => 'unused'),
      coalescer.run('k', () => 'unused', { timeoutMs: 10 }),
    ]);
    expect(errors.map(({ message }) => message)).toEqual(['0: down', '1: down', '2: down']);
    for (const error of errors) {
      expect(error).toBeInstanceOf(RangeError);
      expect(error.cause).toBe(cause);
    }
    expect(original.message).toBe('down');
  });

  it('where somebody gets it in a second flight', async () => {
    const h = new Harness({ shareAs: 'clone', onError: 'retry-once' });
    const callers = [h.run(), h.run(), h.run()];
    const errors = prefixed(callers);
    h.at(0).reject(new Error('first'));
    await settle();
    h.at(1).reject(new Error('second'));
    expect((await errors).map(({ message }) => message)).toEqual([
      ...['0: first', '1: second', '2: second'],
    ]);
  });

  it('where the flight times out, or the coalescer is closed', async () => {
    const timed = new Harness({ shareAs: 'clone', flightTimeoutMs: 100 });
    const late = prefixed([timed.run(), timed.run()]);
    timed.clock.advance(100);
    const message = 'The flight of coalescer "test" did not end within 100 ms';
    expect((await late).map((error) => error.message)).toEqual([`0: ${message}`, `1: ${message}`]);
    const closing = new Harness({ shareAs: 'clone' });
    const cut = [closing.run(), closing.run()];
    closing.coalescer.close('SIGTERM');
    const closed = await prefixed([...cut, closing.run(), closing.run()]);
    expect(closed.map((error) => error.message)).toEqual(
      [0, 1, 2, 3].map((at) => `${at}: Coalescer "test" is closed`),
    );
    for (const error of closed)
      expect(error).toMatchObject({ cause: 'SIGTERM', coalescer: 'test' });
  });

  it("unless it is the reason of the own signal, which is the caller's already", async () => {
    const h = new Harness({ shareAs: 'clone' });
    const leaving = new AbortController();
    const caller = h.run('k', { signal: leaving.signal });
    const reason = new Error('gone');
    leaving.abort(reason);
    await expect(caller).rejects.toBe(reason);
  });
});

describe('a value that is kept beyond its flight', () => {
  it('is made safe by whoever keeps it, once: the end of the flight does not walk it again', async () => {
    const { coalescer } = new Harness();
    let walks = 0;
    const value = new Proxy({ tags: ['x'] }, { ownKeys: (it) => (walks++, Reflect.ownKeys(it)) });
    const outcome = await coalescer.run('k', (flight) => {
      coalescer.valueSharing.share(value);
      expect(walks).toBeGreaterThan(0);
      walks = 0;
      return flight.asIs({ value });
    });
    expect(walks).toBe(0);
    expect(outcome.value).toBe(value);
    expect(() => value.tags.push('y')).toThrow(TypeError);
  });

  it('is vouched for alone: what else the flight may end with is made safe', async () => {
    const { coalescer } = new Harness();
    const outcome = await coalescer.run('k', (flight) => {
      flight.asIs({ tags: [] });
      return { tags: ['x'] };
    });
    expect(() => outcome.tags.push('y')).toThrow(TypeError);
  });

  it('needs no flight', () => {
    const { coalescer } = new Harness();
    const value = { tags: ['x'] };
    expect(coalescer.valueSharing.share(value)).toBe(value);
    expect(() => value.tags.push('y')).toThrow(TypeError);
  });

  it.each<ShareAs>(['frozen', 'clone'])(
    'is refused with shareAs: %p if it has to be',
    (shareAs) => {
      const { coalescer } = new Harness({ shareAs });
      class Connection {
        send = () => undefined;
      }
      expect(() => coalescer.valueSharing.share(new Connection())).toThrow(
        expect.objectContaining({ code: 'BREAKWATER_UNSHAREABLE_VALUE' }),
      );
    },
  );

  it("has copies with shareAs: 'clone' alone", () => {
    const of = (shareAs: ShareAs) => new Harness({ shareAs }).coalescer.valueSharing;
    expect([of('frozen').copy, of('reference').copy]).toEqual([undefined, undefined]);
    const value = { tags: ['x'] };
    const kept = of('clone').share(value);
    const given = of('clone').copy?.(kept);
    expect([kept, given]).toEqual([value, value]);
    expect(new Set([value, kept, given]).size).toBe(3);
  });
});
