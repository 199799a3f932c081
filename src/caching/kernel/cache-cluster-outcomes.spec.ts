import { describe, expect, it } from '@jest/globals';
import { cluster } from '../testing/cluster.js';
import { settle } from '../testing/harness.js';
import { LoadOutcome } from './load-outcome.js';

const valuesOf = (results: readonly { value: unknown }[]) => results.map(({ value }) => value);

describe('caches of several processes', () => {
  it('put a stale value in place of an error that another process got', async () => {
    const { clock, processes, at } = cluster(2);
    await at(0).fill('old');
    await at(1).ask();
    clock.advance(1_500);
    const asked = processes.map((process) => process.ask());
    await settle();
    processes
      .find(({ loads }) => loads.length > 0 && loads.at(-1)!.context.previous === 'old')!
      .loads.at(-1)!
      .reject(new Error('down'));
    expect((await Promise.all(asked)).map(({ value, served }) => [value, served])).toEqual([
      ['old', 'stale'],
      ['old', 'stale'],
    ]);
  });

  it('give the answer of one caller to nobody else in any process', async () => {
    const { processes, at, loads } = cluster(2);
    const asked = processes.map((process) => process.ask());
    await settle();
    at(0).at(0).resolve(LoadOutcome.unshared('mine'));
    await settle();
    expect(loads()).toBe(2);
    at(1).at(0).resolve(LoadOutcome.unshared('yours'));
    expect(valuesOf(await Promise.all(asked))).toEqual(['mine', 'yours']);
  });

  it.each([
    ['is not to be kept', LoadOutcome.uncacheable('once')],
    [
      'stands for a failure',
      LoadOutcome.failed(new Error('busy'), LoadOutcome.uncacheable('once')),
    ],
    ['is too large', LoadOutcome.keep('once', { sizeBytes: 1e9 })],
    ['is not to be kept by the policy', 'once'],
  ])('share an answer that %s, and the next one too', async (_why, outcome) => {
    const { processes, loads } = cluster(2, { policy: { cacheable: () => false } });
    for (let round = 1; round <= 3; round++) {
      const asked = processes.flatMap((process) => [process.ask(), process.ask()]);
      await settle();
      expect(loads()).toBe(round);
      for (const process of processes) for (const load of process.loads) load.resolve(outcome);
      expect(valuesOf(await Promise.all(asked))).toEqual(['once', 'once', 'once', 'once']);
    }
  });

  it('put a stale value in place of an answer that stands for a failure, in every process', async () => {
    const { clock, processes, at } = cluster(2);
    await at(0).fill('old');
    await at(1).ask();
    clock.advance(1_500);
    const asked = processes.map((process) => process.ask());
    await settle();
    const busy = LoadOutcome.failed(new Error('busy'), LoadOutcome.uncacheable('429'));
    for (const { loads } of processes) loads.at(-1)?.resolve(busy);
    expect((await Promise.all(asked)).map(({ value, served }) => [value, served])).toEqual([
      ['old', 'stale'],
      ['old', 'stale'],
    ]);
  });
});
