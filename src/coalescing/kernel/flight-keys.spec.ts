import { describe, expect, it } from '@jest/globals';
import { fulfilled, Harness, PENDING, settle, standingsOf } from '../testing/harness.js';
import { FlightKeys } from './flight.js';
import type { RunOptions } from './coalescer-options.js';

/** Joins the flight of a key of `keys` in the coalescer of `h`. */
function join(h: Harness, keys: FlightKeys, key = 'k', options?: RunOptions): Promise<unknown> {
  return h.coalescer.join(keys, key, h.load, options);
}

describe('keys of an owner', () => {
  it('never meet those of another, nor those of the coalescer itself', async () => {
    const h = new Harness();
    const keys = new FlightKeys();
    const asked = [join(h, keys), join(h, new FlightKeys()), h.run(), join(h, keys), h.run()];
    expect(h.loads).toHaveLength(3);
    h.loads.forEach(({ resolve }, index) => resolve(index));
    expect(await standingsOf(asked)).toEqual([0, 1, 2, 0, 2].map(fulfilled));
    expect(keys.find('k')).toBeUndefined();
  });

  it('have one flight at a time, which is joined where it runs, whoever is asked', async () => {
    const [h, other] = [new Harness(), new Harness({ maxFlights: 1 })];
    const keys = new FlightKeys();
    void other.run('busy');
    const asked = [join(h, keys), join(other, keys), join(other, keys, 'k', { timeoutMs: 5 })];
    expect([h.loads.length, other.loads.length]).toEqual([1, 1]);
    expect(h.coalescer.counters()).toMatchObject({ led: 1, joined: 2 });
    h.clock.advance(5);
    h.at(0).resolve('v');
    const [first, second, third] = await standingsOf(asked);
    expect([first, second]).toEqual([fulfilled('v'), fulfilled('v')]);
    expect(third).toMatchObject({ error: { code: 'BREAKWATER_CALLER_TIMEOUT' } });
  });

  it('are bounded by the coalescer that runs their flights', async () => {
    const h = new Harness({ maxFlights: 1, maxKeyLength: 3 });
    const keys = new FlightKeys();
    const asked = ['long key', 'k', 'l'].map((key) => join(h, keys, key));
    expect(await standingsOf(asked)).toMatchObject([
      { error: { reason: 'key-too-long' } },
      PENDING,
      { error: { reason: 'max-flights' } },
    ]);
  });

  it('stay in the process, whatever the scope of the coalescer', () => {
    const h = new Harness({ scope: 'cluster' });
    void join(h, new FlightKeys());
    expect(h.loads).toHaveLength(1);
  });

  it('are retried by a joiner where the coalescer does so', async () => {
    const h = new Harness({ onError: 'retry-once' });
    const keys = new FlightKeys();
    const asked = [join(h, keys), join(h, keys)];
    h.at(0).reject(new Error('down'));
    await settle();
    h.at(1).resolve('v');
    expect(await standingsOf(asked)).toEqual([
      { status: 'rejected', error: new Error('down') },
      fulfilled('v'),
    ]);
  });
});

describe('forgetting keys of an owner', () => {
  it('fences their flights in whichever coalescers these run, and no others', () => {
    const [h, other] = [new Harness(), new Harness()];
    const keys = new FlightKeys();
    void join(h, keys, 'a');
    void join(other, keys, 'b');
    void join(h, new FlightKeys(), 'a');
    void h.run('a');
    expect(keys.forgetAll()).toBe(2);
    expect(keys.names()).toEqual([]);
    const fenced = [...h.loads, ...other.loads].map(({ flight }) => flight.fenced);
    expect(fenced).toEqual([true, false, false, true]);
    expect(h.coalescer.counters().forgotten + other.coalescer.counters().forgotten).toBe(2);
  });

  it('spares those that are not meant, by what their loaders have told of them', () => {
    const h = new Harness();
    const keys = new FlightKeys();
    for (const key of ['a', 'b']) void join(h, keys, key);
    h.at(0).flight.about = 'spared';
    const isMeant = ({ about }: { about: unknown }) => about !== 'spared';
    expect(keys.forget('a', isMeant)).toBe(false);
    expect(keys.forget('b', isMeant)).toBe(true);
    expect(keys.forget('b')).toBe(false);
    expect(keys.forgetAll(isMeant)).toBe(0);
    expect(keys.names()).toEqual(['a']);
    expect(keys.forget('a')).toBe(true);
  });

  it('leaves callers their outcome, and the key to the next flight', async () => {
    const h = new Harness();
    const keys = new FlightKeys();
    const before = join(h, keys);
    keys.forget('k');
    const after = join(h, keys);
    h.at(0).resolve('old');
    expect(await standingsOf([before, after])).toEqual([fulfilled('old'), PENDING]);
    h.at(1).resolve('new');
    expect(await after).toBe('new');
  });
});
