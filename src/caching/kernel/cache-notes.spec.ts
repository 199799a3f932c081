import { describe, expect, it } from '@jest/globals';
import { Harness, settle } from '../testing/harness.js';
import { LoadOutcome } from './load-outcome.js';

const NOTE = Object.freeze({ id: 'call-1' });

describe('what a loader notes of its call', () => {
  it.each([
    ['a value', () => 'new'],
    ['an uncacheable value', () => LoadOutcome.uncacheable('new')],
    ['a negative one', () => LoadOutcome.negative('new')],
  ])('is told to everyone aboard, and to nobody who finds %s later', async (_what, outcome) => {
    const h = new Harness();
    const aboard = [h.ask(), h.ask(), h.ask()];
    await settle();
    h.at(0).context.note(NOTE);
    h.at(0).resolve(outcome());
    const results = await Promise.all(aboard);
    expect(results.map(({ served }) => served)).toEqual(['miss', 'collapsed', 'collapsed']);
    for (const { note } of results) expect(note).toBe(NOTE);
    const later = h.ask();
    await settle();
    h.loads[1]?.resolve('later');
    expect((await later).note).toBeUndefined();
  });

  it('is told to the one caller whose value is his alone', async () => {
    const h = new Harness();
    const asked = h.ask();
    await settle();
    h.at(0).context.note(NOTE);
    h.at(0).resolve(LoadOutcome.unshared('mine'));
    expect(await asked).toMatchObject({ value: 'mine', note: NOTE });
  });

  it('is of the call that has renewed a value, not of the one that brought it', async () => {
    const h = new Harness({ policy: { staleMs: 100, staleIfErrorMs: 2_000 } });
    const first = h.ask();
    await settle();
    h.at(0).context.note({ id: 'call-0' });
    h.at(0).resolve(LoadOutcome.keep('old', { etag: '"1"' }));
    await first;
    h.clock.advance(200);
    const renewing = h.ask();
    await settle();
    h.at(1).context.note(NOTE);
    h.at(1).resolve(LoadOutcome.notModified());
    expect(await renewing).toMatchObject({ value: 'old', note: NOTE });
  });

  it('is told where a stale value stands in for the call that has failed', async () => {
    const h = new Harness();
    await h.fill('old');
    h.clock.advance(1_500);
    const aboard = [h.ask(), h.ask()];
    await settle();
    h.at(1).context.note(NOTE);
    h.at(1).reject(new Error('down'));
    for (const result of await Promise.all(aboard)) {
      expect(result).toMatchObject({ value: 'old', staleBecause: 'error', note: NOTE });
    }
    // The backend is left alone for now: there was no call.
    expect(await h.ask()).toMatchObject({ staleBecause: 'error' });
    expect((await h.ask()).note).toBeUndefined();
  });
});
