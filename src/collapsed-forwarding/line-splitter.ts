import { isUtf8 } from 'node:buffer';

const LINE_FEED = 0x0a;
const FIRST_CAPACITY = 4_096;

/** What the splitter found. */
export interface LineListener {
  line(text: string): void;
  /** A line that cannot be read: the text says why. */
  unreadable(why: string): void;
}

/**
 * Cuts bytes into lines. Of a line that is too long nothing is kept: what follows the bound is skipped
 * up to the line's end, wherever the chunks begin and end.
 */
export class LineSplitter {
  private partial = Buffer.alloc(0);
  private length = 0;
  private skipping = false;

  constructor(
    /** Longest line, in bytes without its end. */
    private readonly maxBytes: number,
    private readonly listener: LineListener,
  ) {}

  feed(chunk: Buffer): void {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(LINE_FEED, start);
      if (end === -1) break;
      this.complete(chunk.subarray(start, end));
      start = end + 1;
    }
    if (start < chunk.length) this.hold(chunk.subarray(start));
  }

  /** What came after the last line's end is a line as well. */
  end(): void {
    if (this.length > 0 || this.skipping) this.complete(Buffer.alloc(0));
  }

  private complete(rest: Buffer): void {
    this.hold(rest);
    const { length, skipping } = this;
    this.length = 0;
    this.skipping = false;
    if (skipping) return;
    const bytes = this.partial.subarray(0, length);
    // Decoding would put replacement characters in place of what is not UTF-8.
    if (isUtf8(bytes)) this.listener.line(bytes.toString('utf8'));
    else this.listener.unreadable('not UTF-8');
    if (this.partial.length > FIRST_CAPACITY) this.partial = Buffer.alloc(0);
  }

  private hold(bytes: Buffer): void {
    if (this.skipping) return;
    const length = this.length + bytes.length;
    if (length > this.maxBytes) {
      this.skipping = true;
      this.length = 0;
      this.partial = Buffer.alloc(0);
      this.listener.unreadable(`longer than ${this.maxBytes} bytes`);
      return;
    }
    if (length > this.partial.length) this.grow(length);
    bytes.copy(this.partial, this.length);
    this.length = length;
  }

  /** By doubling: a line may come in a million pieces. */
  private grow(atLeast: number): void {
    const grown = Buffer.allocUnsafe(Math.max(FIRST_CAPACITY, atLeast, 2 * this.partial.length));
    this.partial.copy(grown, 0, 0, this.length);
    this.partial = grown;
  }
}
