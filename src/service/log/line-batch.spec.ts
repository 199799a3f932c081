import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LineBatch } from './line-batch.js';

describe('LineBatch', () => {
  let written: string[];
  let batch: LineBatch;

  beforeEach(() => {
    written = [];
    batch = new LineBatch((text) => written.push(text));
  });

  afterEach(() => {
    process.off('exit', batch.flush);
  });

  it('writes the lines of a turn at once, in order', async () => {
    for (const line of ['a\n', 'b\n', 'c\n']) batch.add(line);
    expect(written).toEqual([]);
    await nextTurn();
    expect(written).toEqual(['a\nb\nc\n']);
    await nextTurn();
    expect(written).toHaveLength(1);
  });

  it('writes those of the next turn with the next', async () => {
    batch.add('a\n');
    await nextTurn();
    batch.add('b\n');
    await nextTurn();
    expect(written).toEqual(['a\n', 'b\n']);
  });

  it('lets no more wait than 64 Ki characters, whatever happens in a turn', async () => {
    const line = `${'x'.repeat(999)}\n`;
    for (let i = 0; i < 1_000; i += 1) batch.add(line);
    const early = written.length;
    expect(early).toBeGreaterThanOrEqual(15);
    await nextTurn();
    expect(written.join('')).toBe(line.repeat(1_000));
    expect(Math.max(...written.map(({ length }) => length))).toBeLessThan(65_536 + line.length);
  });

  it('writes at once when asked, and nothing twice', async () => {
    batch.add('a\n');
    batch.flush();
    expect(written).toEqual(['a\n']);
    batch.flush();
    await nextTurn();
    expect(written).toEqual(['a\n']);
  });

  it('goes on after a write that failed', async () => {
    let fails = true;
    const failing = new LineBatch((text) => {
      if (fails) throw new Error('closed');
      written.push(text);
    });
    failing.add('a\n');
    expect(() => failing.flush()).toThrow('closed');
    fails = false;
    failing.add('b\n');
    await nextTurn();
    expect(written).toEqual(['b\n']);
    process.off('exit', failing.flush);
  });

  it('leaves no line behind when the process exits', () => {
    // The listener that an exit calls; the process of the tests goes on.
    batch.add('last\n');
    const [listener] = process.rawListeners('exit').slice(-1) as [(code: number) => void];
    listener.call(process, 0);
    expect(written).toEqual(['last\n']);
  });
});
