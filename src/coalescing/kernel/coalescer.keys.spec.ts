import { describe, expect, it } from '@jest/globals';
import { InvalidOptionError } from '../../ground/index.js';
import { Harness } from '../testing/harness.js';

const none = undefined as never;

describe('a key that is missing', () => {
  it.each([[undefined], [null], [7], [['a']]])('is refused, and never shared: %p', async (key) => {
    const h = new Harness();
    const asked = [1, 2].map(() => h.coalescer.run(key as never, h.load));
    for (const call of asked) {
      await expect(call).rejects.toThrow(InvalidOptionError);
      await expect(call).rejects.toThrow(
        'Option "run().key" must be text that tells what is asked for',
      );
    }
    expect(() => h.coalescer.forget(key as never)).toThrow('"forget().key" must be text');
    expect(h.loads).toHaveLength(0);
    expect(h.coalescer.size).toBe(0);
  });

  it('is none that is empty', async () => {
    const h = new Harness();
    expect(await h.coalescer.run('', () => 'v')).toBe('v');
  });
});

describe('a loader that is missing', () => {
  it('is refused by the call, which says so', async () => {
    const { coalescer } = new Harness();
    await expect(coalescer.run('k', none)).rejects.toThrow(
      'Option "run().load" must be a function that makes the call, such as ({ signal }) => ' +
        'fetchUser(id, signal), got undefined',
    );
    await expect(coalescer.runAlone(none)).rejects.toThrow('"runAlone().load" must be a function');
    expect(coalescer.size).toBe(0);
  });
});
