import { describe, expect, it } from '@jest/globals';
import { Harness, settle } from '../testing/harness.js';
import { LoadOutcome } from './load-outcome.js';

describe('an error', () => {
  const down = new Error('down');

  it('goes to all callers of a key without a value, and is not kept', async () => {
    const h = new Harness();
    const asked = [h.ask(), h.ask()];
    h.at(0).reject(down);
    for (const ask of asked) await expect(ask).rejects.toBe(down);
    void h.ask();
    expect(h.loads).toHaveLength(2);
  });

  it("is each caller's own where values are: by shareAs 'clone'", async () => {
    const h = new Harness({ coalescer: { shareAs: 'clone' } });
    const asked = [h.ask(), h.ask(), h.ask()].map((ask) =>
      ask.catch((error: unknown) => error as Error),
    );
    h.at(0).reject(new RangeError('down', { cause: down }));
    const errors = await Promise.all(asked);
    expect(new Set(errors).size).toBe(3);
    for (const error of errors) {
      expect(error).toBeInstanceOf(RangeError);
      expect(error).toMatchObject({ message: 'down', cause: down });
    }
  });

  it('may be a synchronous throw', async () => {
    const h = new Harness();
    const load = () => {
      throw down;
    };
    await expect(h.cache.get('k', load)).rejects.toBe(down);
    await expect(h.cache.get('k', () => 'v')).resolves.toBe('v');
  });

  it('is replaced by a stale value beyond its stale window, for everyone who waits', async () => {
    const h = new Harness();
    await h.fill('old');
    h.clock.advance(1_500);
    const asked = [h.ask(), h.ask()];
    h.at(1).reject(down);
    for (const ask of asked) {
      expect(await ask).toMatchObject({ value: 'old', served: 'stale', staleBecause: 'error' });
    }
  });

  it('is an error again when the value is too old even for that', async () => {
    const h = new Harness();
    await h.fill('old');
    h.clock.advance(2_000);
    const asked = h.ask();
    expect(h.at(1).context.previous).toBe('old');
    h.at(1).reject(down);
    await expect(asked).rejects.toBe(down);
  });

  it('of a value that became too old while it was awaited is an error', async () => {
    const h = new Harness();
    await h.fill('old');
    h.clock.advance(1_900);
    const asked = h.ask();
    h.clock.advance(100);
    h.at(1).reject(down);
    await expect(asked).rejects.toBe(down);
  });

  it('causes a pause, in which stale hits cause no call: counted from the failure', async () => {
    const h = new Harness();
    await h.fill('old');
    h.clock.advance(200);
    await h.ask();
    h.clock.advance(300);
    h.at(1).reject(down);
    await settle();
    for (let i = 0; i < 49; i++) {
      h.clock.advance(1);
      expect(await h.ask()).toMatchObject({ served: 'stale', staleBecause: 'error' });
    }
    expect(h.loads).toHaveLength(2);
    h.clock.advance(1);
    expect(await h.ask()).toMatchObject({ served: 'stale', staleBecause: 'revalidating' });
    expect(h.loads).toHaveLength(3);
    h.at(2).reject(down);
    await settle();
    h.clock.advance(99);
    await h.ask();
    expect(h.loads).toHaveLength(3);
    h.clock.advance(1);
    await h.ask();
    expect(h.loads).toHaveLength(4);
    expect(h.cache.counters()).toMatchObject({ refreshes: 3, refreshFailures: 2 });
  });

  it.each([
    [130, 130],
    [1, 50],
    [1e9, 400],
  ])('that asks for %d ms causes a pause of %d ms, within the bounds', async (asks, pauseMs) => {
    const busy = Object.assign(new Error('busy'), { retryAfterMs: asks });
    const failures = [busy, LoadOutcome.failed(busy, LoadOutcome.uncacheable('429'))];
    for (const failure of failures) {
      const h = new Harness();
      await h.fill('old');
      h.clock.advance(200);
      await h.ask();
      if (failure === busy) h.at(1).reject(failure);
      else h.at(1).resolve(failure);
      await settle();
      h.clock.advance(pauseMs - 1);
      expect(await h.ask()).toMatchObject({ value: 'old', staleBecause: 'error' });
      expect(h.loads).toHaveLength(2);
      h.clock.advance(1);
      await h.ask();
      expect(h.loads).toHaveLength(3);
    }
  });

  it('causes a pause beyond the stale window too', async () => {
    const h = new Harness();
    await h.fill('old');
    h.clock.advance(1_500);
    const first = h.ask();
    h.at(1).reject(down);
    await first;
    for (let i = 0; i < 49; i++) {
      h.clock.advance(1);
      expect(await h.ask()).toMatchObject({ served: 'stale', staleBecause: 'error' });
    }
    expect(h.loads).toHaveLength(2);
  });

  it('is forgotten with the next success', async () => {
    const h = new Harness();
    await h.fill('old');
    h.clock.advance(200);
    await h.ask();
    h.at(1).reject(down);
    await settle();
    h.clock.advance(50);
    await h.ask();
    h.at(2).resolve('new');
    await settle();
    h.clock.advance(200);
    await h.ask();
    h.at(3).reject(down);
    await settle();
    h.clock.advance(50);
    await h.ask();
    expect(h.loads).toHaveLength(5);
  });

  it('of the flight itself, a timeout, is replaced and causes a pause', async () => {
    const h = new Harness({ coalescer: { flightTimeoutMs: 300 } });
    await h.fill('old');
    h.clock.advance(1_200);
    const asked = h.ask();
    await settle();
    h.clock.advance(300);
    expect(await asked).toMatchObject({ value: 'old', served: 'stale', staleBecause: 'error' });
    expect(await h.ask()).toMatchObject({ served: 'stale' });
    expect(h.loads).toHaveLength(2);
    h.at(1).resolve('far too late');
    await settle();
    expect(h.cache.peek('k')).toBeUndefined();
  });

  it('of a refresh that hung causes a pause', async () => {
    const h = new Harness({ coalescer: { flightTimeoutMs: 300 } });
    await h.fill('old');
    h.clock.advance(200);
    await h.ask();
    await settle();
    h.clock.advance(300);
    await settle();
    await h.ask();
    expect(h.loads).toHaveLength(2);
    expect(h.cache.counters().refreshFailures).toBe(1);
    h.clock.advance(50);
    await h.ask();
    expect(h.loads).toHaveLength(3);
  });

  it('of a caller who left is that caller’s, and says nothing about the backend', async () => {
    const h = new Harness();
    await h.fill('old');
    h.clock.advance(1_500);
    const caller = new AbortController();
    const asked = h.ask('k', { signal: caller.signal });
    caller.abort(new Error('gone'));
    await expect(asked).rejects.toThrow('gone');
    h.at(1).reject(new Error('aborted'));
    await settle();
    void h.ask();
    expect(h.loads).toHaveLength(3);
    expect(h.cache.counters().refreshFailures).toBe(0);
  });

  it('of a caller who would not wait is replaced by a stale value', async () => {
    const h = new Harness();
    await h.fill('old');
    h.clock.advance(1_500);
    const asked = h.ask('k', { timeoutMs: 20 });
    const patient = h.ask();
    await settle();
    h.clock.advance(20);
    expect(await asked).toMatchObject({ value: 'old', served: 'stale' });
    h.at(1).resolve('new');
    expect(await patient).toMatchObject({ value: 'new', served: 'collapsed' });
  });

  it('of a key or a policy that cannot work is that caller’s', async () => {
    const h = new Harness();
    await expect(h.ask([Symbol('s')] as never)).rejects.toMatchObject({
      code: 'BREAKWATER_INVALID_CACHE_KEY',
    });
    await expect(h.ask('k', { freshMs: -1 })).rejects.toThrow('"options.freshMs"');
    expect(h.loads).toHaveLength(0);
  });
});

describe('a value that stands for a failure', () => {
  const busy = new Error('busy');
  const refusal = LoadOutcome.failed(busy, LoadOutcome.uncacheable('429'));

  it('is given to all of its flight where nothing is stale, and not kept', async () => {
    const h = new Harness();
    const asked = [h.ask(), h.ask()];
    h.at(0).resolve(refusal);
    expect(await Promise.all(asked)).toMatchObject([
      { value: '429', served: 'miss', stored: false },
      { value: '429', served: 'collapsed', stored: false },
    ]);
  });

  it('is its leader’s alone where it cannot be shared', async () => {
    const h = new Harness();
    const asked = [h.ask(), h.ask()];
    h.at(0).resolve(LoadOutcome.failed(busy, LoadOutcome.unshared('429')));
    await settle();
    h.at(1).resolve('ours');
    expect(await Promise.all(asked)).toMatchObject([{ value: '429' }, { value: 'ours' }]);
  });

  it('never replaces what is stale: that is served to all, with no call in the pause', async () => {
    for (const ageMs of [200, 1_500]) {
      const h = new Harness();
      await h.fill('old');
      h.clock.advance(ageMs);
      const first = h.ask();
      h.at(1).resolve(refusal);
      expect(await first).toMatchObject({ value: 'old', served: 'stale' });
      await settle();
      const asked = await Promise.all(Array.from({ length: 50 }, () => h.ask()));
      expect(new Set(asked.map(({ value }) => value))).toEqual(new Set(['old']));
      expect(h.loads).toHaveLength(2);
      expect(h.cache.counters()).toMatchObject({ refreshFailures: 1, uncacheable: 0 });
    }
  });

  it('is given where what is stored is too old, and leaves that for the next refresh', async () => {
    const h = new Harness();
    await h.fill(LoadOutcome.keep('old', { etag: '"1"' }));
    h.clock.advance(2_500);
    const asked = h.ask();
    h.at(1).resolve(refusal);
    expect(await asked).toMatchObject({ value: '429', served: 'miss' });
    h.clock.advance(400);
    void h.ask();
    expect(h.at(2).context.etag).toBe('"1"');
  });
});
