/** Pieces smaller than this are put together: each is a view of a larger buffer, and an object of its own. */
const SMALL_PIECE_BYTES = 4_096;
const BLOCK_BYTES = 16_384;

/** The bytes of a body that memory holds, in the pieces in which they came. */
export class HeldPieces {
  /** Position of the first byte that is held. */
  first = 0;
  private end = 0;
  private pieces: Buffer[] = [];
  /** Room of the last piece, where small ones are still added to it. */
  private block: Buffer | undefined;

  get all(): readonly Buffer[] {
    return this.pieces;
  }

  add(chunk: Buffer): void {
    if (chunk.length >= SMALL_PIECE_BYTES) {
      // A view of a buffer that holds far more is not worth all of that.
      this.hold(2 * chunk.length >= chunk.buffer.byteLength ? chunk : copyOf(chunk));
      return;
    }
    this.end += chunk.length;
    const used = this.block === undefined ? 0 : (this.pieces.at(-1)?.length ?? 0);
    if (this.block === undefined || used + chunk.length > this.block.length) {
      // Most small bodies come in one piece, and nothing is added to that.
      this.block = Buffer.allocUnsafeSlow(this.end === chunk.length ? chunk.length : BLOCK_BYTES);
      chunk.copy(this.block);
      this.pieces.push(this.block.subarray(0, chunk.length));
    } else {
      chunk.copy(this.block, used);
      this.pieces[this.pieces.length - 1] = this.block.subarray(0, used + chunk.length);
    }
  }

  /** Adds a piece as it is. */
  hold(chunk: Buffer): void {
    this.block = undefined;
    this.end += chunk.length;
    if (chunk.length > 0) this.pieces.push(chunk);
  }

  /** Bytes from `position` on, before `end`; `undefined` where they are not held any more. */
  at(position: number, end: number): Buffer | undefined {
    if (position < this.first) return undefined;
    // Nearly always the last one, or the only one.
    let index = this.pieces.length - 1;
    let at = this.end - (this.pieces[index]?.length ?? 0);
    while (at > position && index > 0) at -= (this.pieces[--index] as Buffer).length;
    const piece = this.pieces[index] as Buffer;
    return piece.subarray(position - at, Math.min(piece.length, end - at));
  }

  /** Lets go of whole pieces before `position`; their bytes. */
  dropBefore(position: number): number {
    let drop = 0;
    let bytes = 0;
    for (const { length } of this.pieces) {
      if (this.first + bytes + length > position) break;
      bytes += length;
      drop++;
    }
    this.pieces.splice(0, drop);
    this.first += bytes;
    if (this.pieces.length === 0) this.block = undefined;
    return bytes;
  }

  /** All of it in one piece of its own, which is held in place of the others. */
  whole(): Buffer {
    const [only] = this.pieces;
    const isOwn = this.pieces.length === 1 && only?.length === only?.buffer.byteLength;
    const whole = isOwn ? (only as Buffer) : Buffer.concat(this.pieces);
    this.pieces = whole.length === 0 ? [] : [whole];
    this.block = undefined;
    return whole;
  }

  clear(): void {
    this.pieces = [];
    this.block = undefined;
    this.first = this.end;
  }
}

/** In memory of its own, and not of the pool that small buffers share. */
function copyOf(chunk: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(chunk.length);
  chunk.copy(copy);
  return copy;
}
