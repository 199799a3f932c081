import type { ServerResponse } from 'node:http';
import type { ReplayOptions } from '../body-source.js';
import { NobodyReadsError, isNearlyThere } from '../body-source.js';
import type { AnswerBody } from '../answer-body.js';

const NOTHING = Buffer.alloc(0);

/** A body of which nothing is held but how long it is. */
export class CountedBody implements AnswerBody {
  readonly completed: Promise<number>;
  readonly outgrown: Promise<void>;
  /** Nobody here is slower than it comes. */
  readonly unread: Promise<void>;
  private tellOutgrown!: () => void;
  private settle!: { resolve(bytes: number): void; reject(error: Error): void };
  private state: 'filling' | 'whole' | 'broken' = 'filling';
  private bytes = 0;

  /**
   * @param received how many bytes of it have come
   * @param spills whether larger ones than memory holds would go through a file
   */
  constructor(
    private readonly options: Pick<ReplayOptions, 'length' | 'maxMemoryBytes' | 'wanted'>,
    private readonly received: () => number,
    private readonly spills: boolean,
  ) {
    this.completed = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    this.unread = this.completed.then(
      () => undefined,
      () => undefined,
    );
    this.outgrown = new Promise((resolve) => {
      this.tellOutgrown = resolve;
    });
  }

  /** A body that is there. */
  static of(bytes: number): CountedBody {
    const options = { length: bytes, maxMemoryBytes: bytes, wanted: true };
    const body = new CountedBody(options, () => bytes, false);
    body.end();
    return body;
  }

  get whole(): Buffer | undefined {
    return this.state === 'whole' && !this.isBeyondMemory ? NOTHING : undefined;
  }

  get length(): number | undefined {
    return this.state === 'whole' ? this.bytes : this.options.length;
  }

  get isJoinable(): boolean {
    return this.state !== 'broken' && (this.spills || !this.isBeyondMemory);
  }

  get isBeyondMemory(): boolean {
    const { length = 0, maxMemoryBytes } = this.options;
    return Math.max(length, this.bytes, this.received()) > maxMemoryBytes;
  }

  from(): void {
    // Nobody here sets its pace.
  }

  /** More of it has come, of which {@link received} says how much. */
  push(): void {
    if (this.isBeyondMemory) this.tellOutgrown();
  }

  end(): void {
    this.isOver(this.received());
  }

  fail(error: Error): void {
    const { wanted, length, maxMemoryBytes } = this.options;
    const isKept = wanted && length !== undefined && length <= maxMemoryBytes;
    // Its one reader has left: the rest would have been fetched for whoever comes next.
    const isFetched = error instanceof NobodyReadsError && isKept;
    if (isFetched && isNearlyThere(this.received(), length)) {
      this.isOver(length);
      return;
    }
    if (this.state !== 'filling') return;
    this.state = 'broken';
    this.settle.reject(error);
  }

  /** There is nothing to send. */
  sendTo(_response: ServerResponse, _start?: number, _end?: number, done?: () => void): void {
    done?.();
  }

  discard(): void {
    // The client whose call it is reads it on.
  }

  private isOver(bytes: number): void {
    if (this.state !== 'filling') return;
    this.bytes = bytes;
    this.push();
    this.state = 'whole';
    this.settle.resolve(bytes);
  }
}
