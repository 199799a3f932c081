/** From here on a piece is kept as it came, unless it is a small part of what it was read into. */
const LARGE_BYTES = 8_192;

/** Small pieces are copied into blocks of this size at most, and of what has come so far at least. */
const MAX_BLOCK_BYTES = 65_536;
const MIN_BLOCK_BYTES = 1_024;

const NONE = Buffer.alloc(0);

/**
 * Collects a body in the pieces that it comes in. What it holds is bounded by {@link length}: a piece is a
 * view of the 64 KiB that were read from the socket, and would keep them alive however small it is.
 */
export class BodyPieces {
  /** Bytes so far. */
  length = 0;
  private readonly pieces: Buffer[] = [];
  private block = NONE;
  /** What of the block is in use, and from where on it is not among the pieces yet. */
  private used = 0;
  private from = 0;

  add(piece: Buffer): void {
    this.length += piece.length;
    if (piece.length >= LARGE_BYTES && 2 * piece.length >= piece.buffer.byteLength) {
      this.closeRun();
      this.pieces.push(piece);
      return;
    }
    for (let at = 0; at < piece.length;) {
      if (this.used === this.block.length) this.startBlock(piece.length - at);
      const copied = piece.copy(this.block, this.used, at);
      this.used += copied;
      at += copied;
    }
  }

  /** The body, in memory of its own. */
  whole(): Buffer {
    this.closeRun();
    const [first] = this.pieces;
    // Nearly every small body comes in one piece, for which the first block is exactly large enough.
    if (first?.length === this.length && first.length === first.buffer.byteLength) return first;
    // Not from the pool that small buffers share: one of them would keep all of it.
    const body = Buffer.allocUnsafeSlow(this.length);
    let at = 0;
    for (const piece of this.pieces) at += piece.copy(body, at);
    return body;
  }

  private startBlock(atLeast: number): void {
    this.closeRun();
    const before = this.length - atLeast;
    const size =
      before <= 0 ? atLeast : Math.max(MIN_BLOCK_BYTES, Math.min(before, MAX_BLOCK_BYTES));
    this.block = Buffer.allocUnsafeSlow(size);
    this.used = this.from = 0;
  }

  private closeRun(): void {
    if (this.used > this.from) this.pieces.push(this.block.subarray(this.from, this.used));
    this.from = this.used;
  }
}
