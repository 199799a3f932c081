import type { ServerResponse } from 'node:http';
import { HeldPieces } from './held-pieces.js';
import { NOBODY, Reading } from './body-reading.js';
import type { ReadBody } from './body-reading.js';
import { NobodyReadsError, isNearlyThere } from './body-source.js';
import type { BodySource, ReplayOptions } from './body-source.js';
import type { Scheduler } from '../ground/index.js';
import { Later } from './later.js';
import { SpillFile } from './spill-file.js';

/** Of a body beyond memory this much is held for those who read at the same pace. */
const WINDOW_BYTES = 2 ** 20;
const SPILL_WINDOW_BYTES = 8 * 2 ** 20;

/** The source waits while so much is to be written to the file: for the disk, never for a reader. */
const UNWRITTEN_BYTES = 16 * 2 ** 20;

/**
 * The body of an answer, which any number of readers have from its beginning, each at its own pace, while
 * it still comes. Up to `maxMemoryBytes` it is held as a whole. A larger one goes through a file where
 * there is a folder, and else at the pace of the slowest reader, who is cut off when it takes nothing.
 */
export class ReplayBody implements ReadBody {
  private readonly completion = new Later<number>();
  private readonly outgrowing = new Later<void>();
  private readonly leaving = new Later<void>();
  private readonly pieces = new HeldPieces();
  private receivedBytes = 0;
  private heldBytes = 0;
  private state: 'filling' | 'whole' | 'broken' = 'filling';
  private holds: 'all' | 'window' | 'spill' = 'all';
  private all: Buffer | undefined;
  private failure: Error | undefined;
  private readings = NOBODY;
  private source: BodySource | undefined;
  private isPaused = false;
  private file: SpillFile | undefined;
  private stopLooking: (() => void) | undefined;
  private emptySince: number;
  /** Somebody has begun to read it, or nobody will. */
  private isSpokenFor = false;

  constructor(private readonly options: ReplayOptions) {
    this.emptySince = options.clock.monotonic();
    if ((options.length ?? 0) > options.maxMemoryBytes) this.outgrow();
  }

  /** A body that is there. */
  static of(bytes: Buffer): ReplayBody {
    const body = new ReplayBody(WHOLE);
    body.all = bytes;
    body.pieces.hold(bytes);
    body.receivedBytes = bytes.length;
    body.state = 'whole';
    body.completion.becomes(bytes.length);
    return body;
  }

  /** Resolves to its length when it is whole; rejects when it never will be. */
  get completed(): Promise<number> {
    return this.completion.awaited;
  }

  /** Resolves when it turns out to be {@link isBeyondMemory}. */
  get outgrown(): Promise<void> {
    return this.outgrowing.awaited;
  }

  /** Resolves when it is over, and nobody reads it any more: a larger one than memory holds is gone then. */
  get unread(): Promise<void> {
    return this.leaving.awaited;
  }

  /** All of it, once it is there and in memory. */
  get whole(): Buffer | undefined {
    return this.all;
  }

  /** Its length as far as that is known. */
  get length(): number | undefined {
    return this.state === 'whole' ? this.receivedBytes : this.options.length;
  }

  /** Bytes that have come. */
  get received(): number {
    return this.receivedBytes;
  }

  /** Whether a reader may still begin. */
  get isJoinable(): boolean {
    return this.state !== 'broken' && (this.pieces.first === 0 || this.file !== undefined);
  }

  /** Whether it is larger than what memory holds as a whole. */
  get isBeyondMemory(): boolean {
    return this.holds !== 'all';
  }

  /** Why it never will be whole. */
  get error(): Error | undefined {
    return this.failure;
  }

  /** Where it comes from. */
  from(source: BodySource): void {
    this.source = source;
  }

  /** More of it has come. */
  push(chunk: Buffer): void {
    if (this.state !== 'filling' || chunk.length === 0) return;
    try {
      this.options.count?.reserve(chunk.length);
    } catch (error) {
      this.source?.abort(error as Error);
      this.fail(error as Error);
      return;
    }
    this.heldBytes += chunk.length;
    this.pieces.add(chunk);
    this.receivedBytes += chunk.length;
    if (this.holds === 'all' && this.receivedBytes > this.options.maxMemoryBytes) this.outgrow();
    else if (this.file && !this.file.append(chunk)) this.loseFile();
    this.pump();
    this.keepPace();
  }

  /** It is whole. */
  end(): void {
    if (this.state !== 'filling') return;
    this.state = 'whole';
    // With it the call and its request would be kept as long as the answer is.
    this.source = undefined;
    if (this.holds === 'all' || this.isSpokenFor) this.stopLooking?.();
    if (this.holds === 'all') {
      // In one piece of its own: the pieces are views of larger buffers.
      this.all = this.pieces.whole();
    }
    this.completion.becomes(this.receivedBytes);
    this.pump();
    this.tidy();
  }

  /** It never will be whole: those who have a part of it are cut off. */
  fail(error: Error): void {
    if (this.state !== 'filling') return;
    this.state = 'broken';
    this.source = undefined;
    this.failure = error;
    this.stopLooking?.();
    this.completion.fails(error);
    for (const reading of [...this.readings]) reading.cut();
    this.pieces.clear();
    this.tidy();
  }

  /**
   * Writes it to `response`, from byte `start` to before `end`, and ends that; what breaks resets its
   * connection, so that nobody takes a part for the whole.
   *
   * @param done told when the reader has all, or has gone
   */
  sendTo(response: ServerResponse, start = 0, end = Infinity, done?: () => void): void {
    const reading = new Reading(this, response, start, end, done);
    this.isSpokenFor = true;
    if (this.readings === NOBODY) this.readings = new Set();
    this.readings.add(reading);
    if (this.state === 'broken') reading.cut();
    else reading.pump();
  }

  /** Nobody is going to read it: what is not there yet is not waited for. */
  discard(): void {
    if (this.readings.size > 0) return;
    if (this.state === 'filling') this.abandon();
    else this.forget();
  }

  /** @internal What there is at `position`: bytes, or when to ask again. */
  at(position: number, end: number): Buffer | 'later' | 'below' | 'end' | 'gone' {
    if (position >= Math.min(end, this.receivedBytes)) {
      return this.state === 'whole' || position >= end ? 'end' : 'later';
    }
    return this.pieces.at(position, end) ?? (this.file ? 'below' : 'gone');
  }

  /** @internal What the file has at `position`. */
  readBelow(position: number, end: number): Promise<Buffer> {
    return (this.file as SpillFile).read(position, Math.min(end, this.pieces.first));
  }

  /** @internal A reader has taken something. */
  taken(): void {
    if (this.holds === 'window') this.keepPace();
  }

  /** @internal A reader has all it wanted, or has gone. */
  left(reading: Reading): void {
    if (!this.readings.delete(reading)) return;
    this.emptySince = this.options.clock.monotonic();
    if (this.readings.size === 0 && this.state === 'filling' && !this.isWorthTheRest()) {
      this.abandon();
    } else {
      this.keepPace();
      this.tidy();
    }
  }

  private abandon(): void {
    const error = new NobodyReadsError();
    this.source?.abort(error);
    this.fail(error);
  }

  private isWorthTheRest(): boolean {
    const { wanted, length } = this.options;
    if (!wanted || this.holds !== 'all' || length === undefined) return false;
    return isNearlyThere(this.receivedBytes, length);
  }

  /** It is larger than memory holds. */
  private outgrow(): void {
    const { spill, slowReaderMs, scheduler } = this.options;
    this.holds = spill ? 'spill' : 'window';
    this.outgrowing.becomes();
    if (spill) {
      this.file = new SpillFile(spill, () => {
        if (this.file?.error !== undefined) this.loseFile();
        this.pump();
        this.keepPace();
      });
      for (const chunk of this.pieces.all) {
        if (!this.file.append(chunk)) return this.loseFile();
      }
    }
    if (slowReaderMs === Infinity) return;
    this.stopLooking ??= repeat(scheduler, slowReaderMs / 4, () => this.lookForSlow());
  }

  /** No room in the folder, or the disk fails: who is behind what memory holds is cut off. */
  private loseFile(): void {
    const { file } = this;
    if (file === undefined) return;
    this.file = undefined;
    this.holds = 'window';
    file.close();
    for (const reading of [...this.readings])
      if (reading.position < this.pieces.first) reading.cut();
  }

  private pump(): void {
    for (const reading of this.readings) reading.pump();
  }

  /** Lets go of what nobody needs from memory, and has the source wait where somebody must. */
  private keepPace(): void {
    if (this.holds === 'all' || this.state !== 'filling') return;
    let keepFrom = this.slowest();
    let waits: boolean;
    if (this.file) {
      const { written, unwritten } = this.file;
      keepFrom = Math.min(written, Math.max(keepFrom, this.receivedBytes - SPILL_WINDOW_BYTES));
      waits = unwritten > UNWRITTEN_BYTES;
    } else {
      waits = this.receivedBytes - keepFrom > WINDOW_BYTES;
    }
    this.letGo(this.pieces.dropBefore(keepFrom));
    if (waits === this.isPaused) return;
    this.isPaused = waits;
    if (waits) this.source?.pause();
    else this.source?.resume();
  }

  /** Where the slowest reader is; where nobody reads yet, at the beginning. */
  private slowest(): number {
    if (this.readings.size === 0) return this.file ? this.receivedBytes : this.pieces.first;
    let position = this.receivedBytes;
    for (const reading of this.readings) position = Math.min(position, reading.position);
    return position;
  }

  /** Cuts off who takes nothing while the source waits, and ends what nobody has begun to read. */
  private lookForSlow(): void {
    const { clock, slowReaderMs } = this.options;
    const now = clock.monotonic();
    if (this.readings.size === 0) {
      if (now - this.emptySince >= slowReaderMs) this.discard();
      return;
    }
    if (this.holds !== 'window') return;
    for (const reading of [...this.readings]) {
      const isLast = this.receivedBytes - reading.position > WINDOW_BYTES / 2;
      if (isLast && this.isPaused && now - reading.takenAt >= slowReaderMs) reading.cut();
    }
  }

  /** @internal */
  get now(): number {
    return this.options.clock.monotonic();
  }

  /** It is whole, and nobody has come for it. */
  private forget(): void {
    this.isSpokenFor = true;
    this.tidy();
  }

  /** What has no readers and does not fill is counted by whoever keeps it. */
  private tidy(): void {
    if (this.state === 'filling' || this.readings.size > 0) return;
    this.letGo(this.heldBytes);
    // The end may have come before the first reader, who is told of the head and not of the body.
    if (this.state === 'whole' && this.holds !== 'all' && !this.isSpokenFor) return;
    this.leaving.becomes();
    if (this.holds === 'all') return;
    this.stopLooking?.();
    this.pieces.clear();
    this.file?.close();
    this.file = undefined;
  }

  private letGo(bytes: number): void {
    const released = Math.min(bytes, this.heldBytes);
    if (released === 0) return;
    this.heldBytes -= released;
    this.options.count?.release(released);
  }
}

/** Of a body that is there from the beginning, for which nothing is counted or scheduled. */
const WHOLE: ReplayOptions = {
  length: undefined,
  maxMemoryBytes: Infinity,
  wanted: false,
  slowReaderMs: Infinity,
  clock: { monotonic: () => 0, wall: () => 0 },
  scheduler: { schedule: () => () => undefined },
};

/** Calls `task` again and again, until the returned function is called. */
function repeat(scheduler: Scheduler, everyMs: number, task: () => void): () => void {
  let cancel = scheduler.schedule(tick, everyMs);
  function tick(): void {
    cancel = scheduler.schedule(tick, everyMs);
    task();
  }
  return () => {
    cancel();
  };
}
