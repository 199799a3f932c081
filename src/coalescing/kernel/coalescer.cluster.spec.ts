import { describe, expect, it } from '@jest/globals';
import { createCoalescer } from '../create-coalescer.js';
import type { Coalescer, FlightSharing, SharedFlight } from './index.js';

/** Other processes, as far as a coalescer sees them. */
class Others implements FlightSharing {
  readonly flown: SharedFlight[] = [];
  readonly forgotten: string[] = [];
  /** What they have in flight, if anything. */
  outcome: Promise<unknown> | undefined;

  run(shared: SharedFlight, load: () => unknown): Promise<unknown> {
    this.flown.push(shared);
    return this.outcome ?? Promise.resolve(load());
  }

  forget(coalescer: string, key: string): void {
    this.forgotten.push(`${coalescer}/${key}`);
  }
}

function coalescerIn(others: Others, scope: 'process' | 'cluster' = 'cluster'): Coalescer {
  return createCoalescer('data', { scope }, { sharing: others });
}

describe('a coalescer of scope cluster', () => {
  it('ends a flight as the process that leads it ends', async () => {
    const others = new Others();
    others.outcome = Promise.resolve('theirs');
    const coalescer = coalescerIn(others);
    const load = () => 'ours';
    expect(await Promise.all([coalescer.run('k', load), coalescer.run('k', load)])).toEqual([
      'theirs',
      'theirs',
    ]);
    expect(others.flown.map(({ coalescer, flight }) => [coalescer, flight.key])).toEqual([
      ['data', 'k'],
    ]);
  });

  it('shares the error of the process that leads', async () => {
    const others = new Others();
    others.outcome = Promise.reject(new Error('theirs'));
    await expect(coalescerIn(others).run('k', () => 'ours')).rejects.toThrow('theirs');
  });

  it('calls its own loader where it leads', async () => {
    expect(await coalescerIn(new Others()).run('k', () => 'ours')).toBe('ours');
  });

  it('asks nobody for a key that a caller says is of this process alone', async () => {
    const others = new Others();
    const coalescer = coalescerIn(others);
    const options = { scope: 'process' } as const;
    let land: (value: string) => void = () => undefined;
    const first = coalescer.run('k', () => new Promise<string>((done) => (land = done)), options);
    const second = coalescer.run('k', () => 'second', options);
    land('first');
    expect(await Promise.all([first, second])).toEqual(['first', 'first']);
    expect(others.flown).toEqual([]);
    expect(coalescer.counters()).toMatchObject({ led: 1, joined: 1 });
  });

  it('asks nobody for a result that must not be older than the call', async () => {
    const others = new Others();
    const coalescer = coalescerIn(others);
    let land: (value: string) => void = () => undefined;
    const first = coalescer.run('k', () => new Promise<string>((resolve) => (land = resolve)));
    const second = coalescer.run('k', () => 'newer', { notOlderThan: 'now' });
    land('first');
    expect(await Promise.all([first, second])).toEqual(['first', 'newer']);
    expect(others.flown).toHaveLength(1);
  });

  it('asks nobody at all when there is no flight to join here, but nothing older will do', async () => {
    const others = new Others();
    others.outcome = Promise.resolve('older');
    const newer = coalescerIn(others).run('k', () => 'newer', { notOlderThan: 'now' });
    expect(await newer).toBe('newer');
    expect(others.flown).toEqual([]);
  });

  it('tells the others what is forgotten, whether it has a flight of it or not', () => {
    const others = new Others();
    const coalescer = coalescerIn(others);
    void coalescer.run('a', () => new Promise(() => undefined));
    coalescer.forget('a');
    coalescer.forget('b');
    void coalescer.run('c', () => new Promise(() => undefined));
    coalescer.forgetAll();
    expect(others.forgotten).toEqual(['data/a', 'data/b', 'data/c']);
  });

  it('is one of scope process, if that is what it is made with', async () => {
    const others = new Others();
    const coalescer = coalescerIn(others, 'process');
    expect(await coalescer.run('k', () => 'ours')).toBe('ours');
    coalescer.forget('k');
    expect([others.flown, others.forgotten]).toEqual([[], []]);
  });

  it('is the same as one of scope process where there are no others', async () => {
    expect(await createCoalescer('data', { scope: 'cluster' }).run('k', () => 'ours')).toBe('ours');
  });
});
