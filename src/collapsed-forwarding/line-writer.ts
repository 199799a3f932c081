import type { Writable } from 'node:stream';

/** What is handed to the stream at once, in UTF-16 code units: one system call for many lines. */
const BATCH_LENGTH = 64 * 1024;

/** Lines beyond this many waiting code units mean that nobody reads as fast as we write. */
const SATURATED_LENGTH = 256 * 1024;

/**
 * Writes lines as fast as they are taken. What waits is kept as strings that share their parts (a
 * thousand answers of one value hold it once), and becomes bytes only when the stream has room.
 */
export class LineWriter {
  private queue: string[] = [];
  private queuedLength = 0;
  private next = 0;
  private scheduled = false;
  private inStream = 0;
  private blocked = false;
  private broken = false;
  private waiting: (() => void)[] = [];

  /** @param onRoom called when lines have gone out after {@link saturated} was true */
  constructor(
    private readonly output: Writable,
    private readonly onRoom: () => void,
  ) {
    output.on('drain', () => {
      this.blocked = false;
      this.pump();
    });
  }

  /** More waits than should: whoever causes lines should wait. */
  get saturated(): boolean {
    return this.queuedLength > SATURATED_LENGTH;
  }

  write(line: string): void {
    if (this.broken) return;
    this.queue.push(line);
    this.queuedLength += line.length;
    if (this.scheduled) return;
    this.scheduled = true;
    process.nextTick(this.pump);
  }

  /** Nobody reads any more: what waits, and what comes, is dropped. */
  break(): void {
    this.broken = true;
    this.queue = [];
    this.queuedLength = this.next = this.inStream = 0;
    this.settle();
  }

  /** Ends when everything written so far has left the process, or never can. */
  flushed(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.settle();
    });
  }

  private readonly pump = (): void => {
    this.scheduled = false;
    const { saturated } = this;
    while (!this.blocked && this.next < this.queue.length) this.writeBatch();
    if (this.next === this.queue.length && this.next > 0) {
      this.queue = [];
      this.next = 0;
    }
    if (saturated && !this.saturated) this.onRoom();
    this.settle();
  };

  private writeBatch(): void {
    let batch = '';
    while (this.next < this.queue.length && batch.length < BATCH_LENGTH) {
      const line = this.queue[this.next] ?? '';
      this.queue[this.next++] = '';
      this.queuedLength -= line.length;
      batch += `${line}\n`;
    }
    this.inStream++;
    this.blocked = !this.output.write(batch, () => {
      if (this.broken) return;
      this.inStream--;
      this.settle();
    });
  }

  private settle(): void {
    if (this.queue.length > 0 || this.inStream > 0) return;
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
