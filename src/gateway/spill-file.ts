import { randomUUID } from 'node:crypto';
import { mkdir, open, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

/** Largest piece that is read from a file at once, in bytes. */
const READ_BYTES = 256 * 1_024;

/**
 * The folder for bodies that are too big for memory while they fan out, and the bound of all of them
 * together. On a tmpfs or an overlay of memory they count as memory of the container.
 */
export class SpillFolder {
  private taken = 0;
  private refused = 0;

  constructor(
    readonly directory: string,
    /** What all files may take together, in bytes. */
    readonly maxBytes: number,
  ) {}

  /** What the files take now, in bytes. */
  get bytes(): number {
    return this.taken;
  }

  /** How often there was no room, or no file could be opened. */
  get refusals(): number {
    return this.refused;
  }

  /** @internal Takes room for `bytes`; whether there was any. */
  take(bytes: number): boolean {
    if (this.taken + bytes > this.maxBytes) {
      this.refused++;
      return false;
    }
    this.taken += bytes;
    return true;
  }

  /** @internal */
  giveBack(bytes: number): void {
    this.taken -= bytes;
  }

  /** @internal The body has to do without a file. */
  failed(): void {
    this.refused++;
  }
}

/**
 * The bytes of one body in a file that has no name any more: when the process ends, however it ends, the
 * system has the room back. One writer; readers read by position.
 */
export class SpillFile {
  private file: FileHandle | undefined;
  private readonly pending: Buffer[] = [];
  private unwrittenBytes = 0;
  private writtenBytes = 0;
  private isWriting = false;
  private isClosed = false;
  private failure: Error | undefined;

  constructor(
    private readonly folder: SpillFolder,
    /** Told when more has been written, and when writing has failed. */
    private readonly changed: () => void,
  ) {
    void this.open();
  }

  /** Bytes that can be read back. */
  get written(): number {
    return this.writtenBytes;
  }

  /** Bytes that are still to be written. */
  get unwritten(): number {
    return this.unwrittenBytes;
  }

  /** Why the file cannot be used any more. */
  get error(): Error | undefined {
    return this.failure;
  }

  /** Appends `chunk`; whether there is room for it. */
  append(chunk: Buffer): boolean {
    if (this.failure !== undefined || !this.folder.take(chunk.length)) return false;
    this.pending.push(chunk);
    this.unwrittenBytes += chunk.length;
    void this.write();
    return true;
  }

  /** What is there from `position` on, before `end`: some of it at least. */
  async read(position: number, end: number): Promise<Buffer> {
    const { file } = this;
    if (file === undefined || this.isClosed) throw new Error('the file is closed');
    const length = Math.min(READ_BYTES, end - position, this.writtenBytes - position);
    const { bytesRead, buffer } = await file.read(
      Buffer.allocUnsafeSlow(length),
      0,
      length,
      position,
    );
    if (bytesRead === 0) throw new Error('the file is shorter than what was written to it');
    return buffer.subarray(0, bytesRead);
  }

  /** Gives the file back, once nothing is read from it any more. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.pending.length = 0;
    this.folder.giveBack(this.writtenBytes + this.unwrittenBytes);
    void this.release();
  }

  private async open(): Promise<void> {
    const path = join(this.folder.directory, `${randomUUID()}.body`);
    try {
      await mkdir(this.folder.directory, { recursive: true, mode: 0o700 });
      this.file = await open(path, 'wx+', 0o600);
      await unlink(path);
    } catch (error) {
      this.fail(error as Error);
    }
    // It may be open all the same.
    if (this.isOver()) await this.release();
    else if (this.failure === undefined) await this.write();
  }

  private async write(): Promise<void> {
    if (this.file === undefined || this.isWriting || this.isClosed) return;
    this.isWriting = true;
    try {
      while (this.pending.length > 0 && !this.isOver()) {
        const chunks = this.pending.splice(0);
        const bytes = chunks.reduce((sum, { length }) => sum + length, 0);
        await writeAll(this.file, chunks, this.writtenBytes, bytes);
        if (this.isOver()) break;
        this.writtenBytes += bytes;
        this.unwrittenBytes -= bytes;
        this.changed();
      }
    } catch (error) {
      this.fail(error as Error);
    } finally {
      this.isWriting = false;
      if (this.isOver()) void this.release();
    }
  }

  private isOver(): boolean {
    return this.isClosed;
  }

  private fail(error: Error): void {
    this.failure = error;
    this.folder.failed();
    this.changed();
  }

  private async release(): Promise<void> {
    const { file } = this;
    if (file === undefined || this.isWriting) return;
    this.file = undefined;
    // Node waits for the reads that are under way. What cannot be closed is the system's.
    await file.close().catch(() => undefined);
  }
}

async function writeAll(
  file: FileHandle,
  chunks: readonly Buffer[],
  position: number,
  bytes: number,
): Promise<void> {
  const { bytesWritten } = await file.writev(chunks as Buffer[], position);
  if (bytesWritten === bytes) return;
  // Rare, where a disk is nearly full: the rest in one piece, as often as it takes.
  let rest = Buffer.concat(chunks).subarray(bytesWritten);
  let at = position + bytesWritten;
  while (rest.length > 0) {
    const { bytesWritten: more } = await file.write(rest, 0, rest.length, at);
    if (more === 0) throw new Error('nothing more can be written');
    rest = rest.subarray(more);
    at += more;
  }
}
