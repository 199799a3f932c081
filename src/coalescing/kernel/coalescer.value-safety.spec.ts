import { describe, expect, it } from '@jest/globals';
import { Harness, standingsOf } from '../testing/harness.js';
import type { ShareAs } from './coalescer-options.interface.js';

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

  it('leaves errors as they are', async () => {
    const error = new Error('down');
    for (const shareAs of ['frozen', 'clone'] as const) {
      const { coalescer } = new Harness({ shareAs });
      const caller = coalescer.run('k', () => Promise.reject(error));
      await expect(caller).rejects.toBe(error);
    }
    expect(Object.isFrozen(error)).toBe(false);
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
      const vouched = { value };
      coalescer.valueSharing.vouch(vouched, flight);
      return vouched;
    });
    expect(walks).toBe(0);
    expect(outcome.value).toBe(value);
    expect(() => value.tags.push('y')).toThrow(TypeError);
  });

  it('is vouched for alone: what else the flight may end with is made safe', async () => {
    const { coalescer } = new Harness();
    const outcome = await coalescer.run('k', (flight) => {
      coalescer.valueSharing.vouch({ tags: [] }, flight);
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
