import { describe, expect, it } from '@jest/globals';
import { Harness, settle } from '../testing/harness.js';

describe('a stale value', () => {
  async function stale(options = {}, age = 200) {
    const h = new Harness(options);
    await h.fill('old');
    h.clock.advance(age);
    return h;
  }

  it('is served at once to whoever comes while it is refreshed', async () => {
    const h = await stale();
    await h.ask();
    for (let i = 0; i < 50; i++) {
      h.clock.advance(1);
      expect(await h.ask()).toMatchObject({ value: 'old', served: 'stale', ageMs: 201 + i });
    }
    expect(h.loads).toHaveLength(2);
  });

  it('is refreshed even if everybody who asked has left', async () => {
    const h = await stale();
    const caller = new AbortController();
    await h.ask('k', { signal: caller.signal });
    caller.abort();
    await settle();
    expect(h.at(1).context.signal.aborted).toBe(false);
    h.at(1).resolve('new');
    await settle();
    expect(h.cache.peek('k')?.value).toBe('new');
  });

  it('is no longer served beyond its stale window', async () => {
    const h = await stale({}, 1_000);
    const asked = h.ask();
    h.at(1).resolve('new');
    expect(await asked).toMatchObject({ value: 'new', served: 'miss' });
  });

  it('gives its etag and itself to the loader, and is renewed when it is not modified', async () => {
    const { LoadOutcome } = await import('./load-outcome.js');
    const h = new Harness();
    const facts = { etag: '"1"', tags: ['t'] };
    await h.fill(LoadOutcome.keep('old', facts));
    h.clock.advance(200);
    await h.ask();
    expect(h.at(1).context).toMatchObject({ previous: 'old', etag: '"1"' });
    h.at(1).resolve(LoadOutcome.notModified());
    await settle();
    expect(h.cache.peek('k')).toMatchObject({ value: 'old', ageMs: 0, etag: '"1"' });
    expect(h.cache.counters()).toMatchObject({ renewed: 1, stored: 2 });
    await h.caching.invalidateTag('t');
    expect(h.cache.peek('k')).toBeUndefined();
  });

  it('is replaced by what is not modified but for a part of it', async () => {
    const { LoadOutcome } = await import('./load-outcome.js');
    const h = new Harness();
    await h.fill(LoadOutcome.keep('old', { etag: '"1"', tags: ['t'] }));
    h.clock.advance(200);
    await h.ask();
    h.at(1).resolve(LoadOutcome.notModified({ etag: '"2"', ageMs: 10 }, 'renewed'));
    await settle();
    expect(h.cache.peek('k')).toMatchObject({ value: 'renewed', ageMs: 10, etag: '"2"' });
    expect(h.cache.counters()).toMatchObject({ renewed: 1, stored: 2 });
    await h.caching.invalidateTag('t');
    expect(h.cache.peek('k')).toBeUndefined();
  });

  it('may be told from the call on, by a loader that reads how long that has taken', async () => {
    const { LoadOutcome } = await import('./load-outcome.js');
    const h = new Harness();
    const asked = h.ask();
    h.clock.advance(40);
    const { context, resolve } = h.at(0);
    expect(context.elapsedMs).toBe(40);
    resolve(LoadOutcome.keep('v', { ageMs: context.elapsedMs + 20 }));
    await asked;
    expect(h.cache.peek('k')).toMatchObject({ ageMs: 60, ttlMs: 40 });
  });

  it('gives nothing to the loader when there is nothing', () => {
    const h = new Harness();
    void h.ask();
    expect(h.at(0).context).toMatchObject({ previous: undefined, etag: undefined });
  });

  it('cannot be confirmed when there is none', async () => {
    const { LoadOutcome } = await import('./load-outcome.js');
    const h = new Harness();
    const asked = h.ask();
    h.at(0).resolve(LoadOutcome.notModified());
    await expect(asked).rejects.toMatchObject({ code: 'BREAKWATER_NOT_MODIFIED' });
  });

  it('gives way to "not there", even if that is not kept', async () => {
    const { LoadOutcome } = await import('./load-outcome.js');
    const h = await stale();
    await h.ask();
    h.at(1).resolve(LoadOutcome.negative('gone'));
    await settle();
    const asked = h.ask();
    expect(h.loads).toHaveLength(3);
    h.at(2).resolve(LoadOutcome.negative('gone'));
    expect(await asked).toMatchObject({ value: 'gone', stored: false, ttlMs: 0 });
  });

  it('is overtaken by a value that was set while it is refreshed', async () => {
    const h = await stale();
    await h.ask();
    h.cache.set('k', 'set');
    h.at(1).resolve('late');
    await settle();
    expect(h.cache.peek('k')?.value).toBe('set');
    expect(h.cache.counters().fenced).toBe(1);
  });

  describe('with a soft timeout', () => {
    const soft = { policy: { softTimeoutMs: 30 } };

    it('waits for fresh, who started the refresh and who joined it', async () => {
      const h = await stale(soft);
      const asked = [h.ask(), h.ask()];
      h.clock.advance(29);
      h.at(1).resolve('new');
      const results = await Promise.all(asked);
      expect(results).toMatchObject([
        { value: 'new', served: 'miss', stored: true },
        { value: 'new', served: 'collapsed' },
      ]);
      expect(h.loads).toHaveLength(2);
    });

    it('is served when fresh takes longer, and the refresh goes on', async () => {
      const h = await stale(soft);
      const asked = h.ask();
      await settle();
      h.clock.advance(30);
      expect(await asked).toMatchObject({ value: 'old', served: 'stale', ageMs: 230 });
      h.at(1).resolve('new');
      await settle();
      expect(h.cache.peek('k')?.value).toBe('new');
    });

    it('is served at once when the refresh fails within it', async () => {
      const h = await stale(soft);
      const asked = h.ask();
      h.at(1).reject(new Error('down'));
      expect(await asked).toMatchObject({ value: 'old', served: 'stale', staleBecause: 'error' });
    });

    it('lets a caller go who gives up meanwhile', async () => {
      const h = await stale(soft);
      const caller = new AbortController();
      const asked = h.ask('k', { signal: caller.signal });
      caller.abort(new Error('gone'));
      await expect(asked).rejects.toThrow('gone');
    });

    it('is not served when waiting has taken it beyond its window: the caller waits on', async () => {
      const h = await stale(soft, 990);
      const asked = h.ask();
      await settle();
      h.clock.advance(30);
      await settle();
      h.at(1).resolve('new');
      expect(await asked).toMatchObject({ value: 'new', served: 'collapsed' });
      expect(h.loads).toHaveLength(2);
    });

    it('replaces the timeout of a caller who waits for less', async () => {
      const h = await stale(soft, 990);
      const asked = h.ask('k', { timeoutMs: 20 });
      await settle();
      h.clock.advance(20);
      expect(await asked).toMatchObject({ value: 'old', served: 'stale', staleBecause: 'error' });
    });
  });

  describe('with early refresh', () => {
    const early = { policy: { earlyRefresh: 1 } };

    async function fresh() {
      const h = new Harness(early);
      const asked = h.ask();
      h.clock.advance(20);
      h.at(0).resolve('old');
      await asked;
      h.clock.advance(60);
      return h;
    }

    it('is prevented: the drawn caller gets the fresh value at once, with a refresh behind', async () => {
      const h = await fresh();
      h.chance = 0.99;
      const results = [await h.ask(), await h.ask(), await h.ask()];
      expect(results).toMatchObject(results.map(() => ({ value: 'old', served: 'hit' })));
      expect(h.loads).toHaveLength(2);
      h.at(1).resolve('new');
      await settle();
      expect(h.cache.peek('k')?.value).toBe('new');
    });

    it('passes a draw on to somebody with a loader', async () => {
      const h = await fresh();
      h.chance = 0.99;
      expect(h.cache.peek('k')).toBeUndefined();
      h.chance = 0;
      expect(h.cache.peek('k')).toBeUndefined();
      expect(await h.ask()).toMatchObject({ served: 'hit' });
      expect(h.loads).toHaveLength(2);
      expect(h.cache.peek('k')?.value).toBe('old');
    });

    it('happens to nobody who is not drawn', async () => {
      const h = await fresh();
      expect(await h.ask()).toMatchObject({ served: 'hit' });
      expect(h.loads).toHaveLength(1);
    });
  });
});
