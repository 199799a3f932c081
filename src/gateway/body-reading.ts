import type { ServerResponse } from 'node:http';
import { cutOff } from './client-connection.js';

/** A body, as those who read it see it. */
export interface ReadBody {
  /** Monotonic milliseconds. */
  readonly now: number;
  /**
   * What there is at `position`: bytes; `later`, when more has come; `below`, in a file; `end`, nothing more;
   * `gone`, what it had there it has no longer.
   */
  at(position: number, end: number): Buffer | 'later' | 'below' | 'end' | 'gone';
  readBelow(position: number, end: number): Promise<Buffer>;
  /** The reader has taken something. */
  taken(): void;
  /** The reader has all it wanted, or has gone. */
  left(reading: Reading): void;
}

/** One reader of a body. */
export class Reading {
  position: number;
  /** When it has last taken something, in monotonic milliseconds. */
  takenAt: number;
  /** The connection takes no more for now. */
  private waits = false;
  private hasWritten = false;
  private isReading = false;
  private isOver = false;

  constructor(
    private readonly body: ReadBody,
    private readonly response: ServerResponse,
    start: number,
    private readonly end: number,
    private readonly done: (() => void) | undefined,
  ) {
    this.position = start;
    this.takenAt = body.now;
    response.on('drain', this.drained);
    response.on('close', this.over);
  }

  /** Writes what there is, as far as the connection takes it. */
  pump(): void {
    while (!this.waits && !this.isReading && !this.isOver) {
      const next = this.body.at(this.position, this.end);
      if (next === 'later') return this.sendHead();
      if (next === 'end') return this.finish();
      if (next === 'gone') return this.cut();
      if (next === 'below') return void this.readBelow();
      this.write(next);
    }
  }

  /** It will not have the rest: the connection is reset, so that nobody takes this for the end. */
  cut(): void {
    if (this.isOver) return;
    const { response } = this;
    this.over();
    // HTTP/1.1 frames every body; before, the end of the connection may be all that tells of the end.
    cutOff(response, response.req.httpVersionMinor > 0);
  }

  /** Nothing has come behind the head yet: it is not kept back until something does. */
  private sendHead(): void {
    if (this.hasWritten) return;
    this.hasWritten = true;
    this.response.write('', 'latin1');
  }

  private write(bytes: Buffer): void {
    this.hasWritten = true;
    this.position += bytes.length;
    this.waits = !this.response.write(bytes);
    if (this.waits) return;
    this.takenAt = this.body.now;
  }

  private async readBelow(): Promise<void> {
    this.isReading = true;
    try {
      const bytes = await this.body.readBelow(this.position, this.end);
      if (this.isOver) return;
      this.write(bytes);
    } catch {
      // The file is gone, or the disk fails.
      this.cut();
      return;
    } finally {
      this.isReading = false;
    }
    this.pump();
  }

  private finish(): void {
    this.response.end();
    this.over();
  }

  private readonly drained = (): void => {
    this.waits = false;
    this.takenAt = this.body.now;
    this.body.taken();
    this.pump();
  };

  private readonly over = (): void => {
    if (this.isOver) return;
    this.isOver = true;
    this.response.off('drain', this.drained);
    this.response.off('close', this.over);
    this.body.left(this);
    this.done?.();
  };
}

/** The readers of a body that nobody has begun to read: most are whole before that, and have none. */
export const NOBODY = new Set<Reading>();
