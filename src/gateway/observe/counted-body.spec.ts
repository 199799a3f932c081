import { describe, expect, it } from '@jest/globals';
import { NobodyReadsError } from '../body-source.js';
import { CountedBody } from './counted-body.js';

/** A body of which a test says how much has come. */
function bodyOf({ length, maxMemoryBytes = 100, wanted = true, spills = false }: Given) {
  const come = { bytes: 0 };
  const options = { length, maxMemoryBytes, wanted };
  return { come, body: new CountedBody(options, () => come.bytes, spills) };
}

interface Given {
  readonly length?: number;
  readonly maxMemoryBytes?: number;
  readonly wanted?: boolean;
  readonly spills?: boolean;
}

const settled = (promise: Promise<unknown>): Promise<unknown> =>
  Promise.race([promise.then(() => 'fulfilled'), Promise.resolve().then(() => 'pending')]).catch(
    () => 'rejected',
  );

describe('A body that is only counted', () => {
  it('has its length when it has ended, and none of its bytes', async () => {
    const { come, body } = bodyOf({});
    expect([body.length, body.whole, body.isJoinable]).toEqual([undefined, undefined, true]);
    come.bytes = 42;
    body.end();
    expect([body.length, body.whole?.length, body.isBeyondMemory]).toEqual([42, 0, false]);
    expect(await body.completed).toBe(42);
    body.fail(new Error('too late'));
    expect(body.isJoinable).toBe(true);
    expect(CountedBody.of(7).length).toBe(7);
  });

  it.each([
    { spills: false, isJoinable: false },
    { spills: true, isJoinable: true },
  ])('outgrows memory as one with bytes does (a file: $spills)', async ({ spills, isJoinable }) => {
    const { come, body } = bodyOf({ spills });
    body.push();
    expect(await settled(body.outgrown)).toBe('pending');
    come.bytes = 101;
    body.push();
    await body.outgrown;
    expect([body.isBeyondMemory, body.isJoinable]).toEqual([true, isJoinable]);
    expect(bodyOf({ length: 101 }).body.isBeyondMemory).toBe(true);
  });

  it('breaks with its call', async () => {
    const { body } = bodyOf({ length: 50 });
    body.fail(new Error('reset'));
    await expect(body.completed).rejects.toThrow('reset');
    expect(body.isJoinable).toBe(false);
    body.end();
    expect(body.whole).toBeUndefined();
  });

  it('is taken for whole where its one reader leaves, and a flight would have fetched the rest', async () => {
    const near = bodyOf({ length: 50 });
    near.body.fail(new NobodyReadsError());
    expect(await near.body.completed).toBe(50);
    for (const given of [{}, { length: 50, wanted: false }, { length: 101 }]) {
      const { body } = bodyOf(given);
      body.fail(new NobodyReadsError());
      await expect(body.completed).rejects.toThrow(NobodyReadsError);
    }
  });

  it('has nothing to send, and nobody to wait for', () => {
    const { body } = bodyOf({});
    let isDone = false;
    body.sendTo(undefined as never, 0, 1, () => {
      isDone = true;
    });
    body.sendTo(undefined as never);
    body.discard();
    body.from();
    expect([isDone, body.isJoinable]).toEqual([true, true]);
  });
});
