import { Writable } from 'node:stream';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { boundOutput } from './bound-output.js';

/** Takes what is written when the test says so. */
class SlowOutput extends Writable {
  readonly taken: string[] = [];
  private waiting: ((error?: Error) => void) | undefined;

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    this.taken.push(chunk.toString());
    this.waiting = done;
  }

  take(error?: Error): void {
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.(error);
  }

  /** Takes everything, a piece a turn. */
  async takeAll(): Promise<void> {
    while (this.waiting) {
      this.take();
      await new Promise(setImmediate);
    }
  }
}

describe('an output that nobody reads', () => {
  const line = `${'x'.repeat(1_023)}\n`;
  let output: SlowOutput;

  beforeEach(() => {
    output = new SlowOutput();
    boundOutput(output, (lines) => `dropped ${lines}\n`);
  });

  it('holds a megabyte, whatever is written', () => {
    for (let i = 0; i < 100_000; i++) output.write(line);
    expect(output.writableLength).toBeLessThan(1.1 * 2 ** 20);
  });

  it('tells how many lines it has dropped as soon as it is read, and goes on', async () => {
    for (let i = 0; i < 3_000; i++) output.write(line);
    output.write(line + line);
    await output.takeAll();
    const kept = output.taken.filter((text) => text === line).length;
    expect(output.taken.slice(kept)).toEqual([`dropped ${3_002 - kept}\n`]);
    output.write('next\n');
    expect(output.taken.at(-1)).toBe('next\n');
  });

  it('does not leave who waits for it to be written waiting', async () => {
    for (let i = 0; i < 3_000; i++) output.write(line);
    await new Promise((resolve) => output.write(line, resolve));
  });

  it('ends nothing when its reader is gone', async () => {
    output.write(line);
    output.take(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    await new Promise(setImmediate);
    for (let i = 0; i < 3_000; i++) expect(output.write(line)).toBe(false);
  });
});
