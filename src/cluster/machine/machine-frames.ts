import type { StoreReply } from '../store/store.js';

/** What goes between a worker and the store of its machine. */
export type FrameValue = string | StoreReply | readonly FrameValue[];

/** Most that one frame may take, in bytes: far beyond what the cluster shares of one value. */
export const MAX_FRAME_BYTES = 64 * 2 ** 20;

const LENGTH_BYTES = 4;
const TAG = { nothing: 0, number: 1, text: 2, bytes: 3, list: 4 } as const;

/** A frame: the length of the rest, and a value, in which text stays text and bytes stay bytes. */
export function encodeFrameOf(value: FrameValue): Buffer {
  const length = sizeOf(value);
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + length);
  frame.writeUInt32LE(length, 0);
  write(frame, value, LENGTH_BYTES);
  return frame;
}

function sizeOf(value: FrameValue): number {
  if (value === null) return 1;
  if (typeof value === 'number') return 9;
  if (typeof value === 'string') return 5 + Buffer.byteLength(value);
  if (Buffer.isBuffer(value)) return 5 + value.length;
  return value.reduce<number>((sum, each) => sum + sizeOf(each), 5);
}

/** @returns where the next one begins */
function write(to: Buffer, value: FrameValue, at: number): number {
  if (value === null) return to.writeUInt8(TAG.nothing, at);
  if (typeof value === 'number') return to.writeDoubleLE(value, to.writeUInt8(TAG.number, at));
  if (typeof value === 'string') {
    const length = to.write(value, at + 5);
    to.writeUInt32LE(length, to.writeUInt8(TAG.text, at));
    return at + 5 + length;
  }
  if (Buffer.isBuffer(value)) {
    const start = to.writeUInt32LE(value.length, to.writeUInt8(TAG.bytes, at));
    return start + value.copy(to, start);
  }
  let next = to.writeUInt32LE(value.length, to.writeUInt8(TAG.list, at));
  for (const each of value) next = write(to, each, next);
  return next;
}

/** Puts frames together of what arrives, in whatever pieces. */
export class FrameReader {
  private pieces: Buffer[] = [];
  private waiting = 0;
  /** Bytes that the next frame takes; unknown while its length has not arrived. */
  private wanted = LENGTH_BYTES;

  /** @param take is given each value; its bytes are its own */
  constructor(private readonly take: (value: FrameValue) => void) {}

  /** @throws RangeError for a frame that is too large, or none: what comes after it cannot be read */
  read(piece: Buffer): void {
    this.pieces.push(piece);
    this.waiting += piece.length;
    while (this.waiting >= this.wanted) this.readOne();
  }

  private readOne(): void {
    const [first] = this.pieces;
    const joined =
      first && first.length >= this.wanted ? first : Buffer.concat(this.pieces, this.waiting);
    if (joined !== first) this.pieces = [joined];
    const length = joined.readUInt32LE(0);
    if (length > MAX_FRAME_BYTES) throw new RangeError(`A frame of ${length} bytes is too large`);
    const end = LENGTH_BYTES + length;
    this.wanted = end;
    if (this.waiting < end) return;
    const frame = new ValueReader(joined.subarray(LENGTH_BYTES, end));
    this.pieces[0] = joined.subarray(end);
    if (this.pieces[0].length === 0) this.pieces.shift();
    this.waiting -= end;
    this.wanted = LENGTH_BYTES;
    this.take(frame.value());
  }
}

class ValueReader {
  private at = 0;

  constructor(private readonly frame: Buffer) {}

  value(): FrameValue {
    const { frame } = this;
    const tag = frame.readUInt8(this.at);
    this.at += 1;
    switch (tag) {
      case TAG.nothing:
        return null;
      case TAG.number:
        this.at += 8;
        return frame.readDoubleLE(this.at - 8);
      case TAG.text:
        return this.bytes().toString();
      case TAG.bytes:
        // A value that is kept is not to keep everything else that came with it.
        return Buffer.from(this.bytes());
      case TAG.list:
        return Array.from({ length: this.length() }, () => this.value());
      default:
        throw new RangeError(`${tag} is no kind of value`);
    }
  }

  private length(): number {
    this.at += 4;
    return this.frame.readUInt32LE(this.at - 4);
  }

  private bytes(): Buffer {
    const length = this.length();
    if (this.at + length > this.frame.length) throw new RangeError('A value ends beyond its frame');
    this.at += length;
    return this.frame.subarray(this.at - length, this.at);
  }
}
