import { Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { LineWriter } from './line-writer.js';

/** An output that takes nothing until it is told to. */
class SlowOutput extends Writable {
  readonly taken: string[] = [];
  private done: (() => void) | undefined;

  constructor() {
    super({ decodeStrings: false, highWaterMark: 1_000 });
  }

  override _write(chunk: string, _encoding: string, done: () => void): void {
    this.taken.push(chunk);
    this.done = done;
  }

  async take(): Promise<void> {
    const { done } = this;
    this.done = undefined;
    done?.();
    await new Promise(setImmediate);
  }
}

describe('writing lines', () => {
  it('hands on in batches what was written in one turn, in order', async () => {
    const output = new SlowOutput();
    const writer = new LineWriter(output, () => undefined);
    for (let i = 0; i < 100; i++) writer.write(String(i));
    await new Promise(setImmediate);
    expect(output.taken).toEqual([Array.from({ length: 100 }, (_, i) => `${i}\n`).join('')]);
  });

  it('is saturated while nobody reads, says when there is room, and loses nothing', async () => {
    const output = new SlowOutput();
    let room = 0;
    const writer = new LineWriter(output, () => room++);
    const lines = Array.from({ length: 50 }, (_, i) => `${i}:${'x'.repeat(20_000)}`);
    for (const line of lines) writer.write(line);
    expect(writer.saturated).toBe(true);
    await new Promise(setImmediate);
    expect(output.taken).toHaveLength(1);
    expect(room).toBe(0);
    for (let i = 0; i < 50; i++) await output.take();
    expect(writer.saturated).toBe(false);
    expect(room).toBe(1);
    expect(output.taken.join('')).toBe(lines.map((line) => `${line}\n`).join(''));
  });

  it('is flushed when the last batch has left, and not before', async () => {
    const output = new SlowOutput();
    const writer = new LineWriter(output, () => undefined);
    let flushed = false;
    writer.write('a');
    void writer.flushed().then(() => (flushed = true));
    await new Promise(setImmediate);
    expect(flushed).toBe(false);
    await output.take();
    expect(flushed).toBe(true);
    await writer.flushed();
  });

  it('drops everything once nobody can read any more', async () => {
    const output = new SlowOutput();
    const writer = new LineWriter(output, () => undefined);
    writer.write('a');
    await new Promise(setImmediate);
    writer.write('b');
    writer.break();
    writer.write('c');
    await writer.flushed();
    await output.take();
    expect(output.taken).toEqual(['a\n']);
  });
});
