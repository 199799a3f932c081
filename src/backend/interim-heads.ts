import type { Socket } from 'node:net';

const CR = 13;
const LF = 10;
const ZERO = 48;
const ONE = 49;
const NINE = 57;

/** What a head begins with, before its status: the minor version may be any. */
const PREFIX = Buffer.from('HTTP/1.1 ');
const MINOR_AT = 7;

/** The status under which undici tells of `100 Continue`: nobody has given it a meaning. */
export const CONTINUE_IS_TOLD_AS = 109;

/**
 * Makes a pool of undici take `100 Continue` that nobody asked for, as any interim answer (RFC 9110,
 * section 15.2): it gives up a connection that brings one. Its status becomes
 * {@link CONTINUE_IS_TOLD_AS}, which undici takes.
 */
export function skipContinue<S extends Socket>(socket: S): S {
  const heads = new InterimHeads();
  // eslint-disable-next-line @typescript-eslint/unbound-method -- they are called on the socket
  const { read, write } = socket;
  socket.write = function (this: S, ...passed: unknown[]) {
    heads.expect();
    return Reflect.apply(write, this, passed) as boolean;
  };
  socket.read = function (this: S, size?: number) {
    const chunk: unknown = read.call(this, size);
    if (heads.expected && Buffer.isBuffer(chunk)) heads.see(chunk);
    return chunk;
  };
  return socket;
}

/** Follows what comes after a request, up to the status of its final answer. */
class InterimHeads {
  /** Whether the final answer has yet to begin. */
  expected = false;
  /** How much of a head's beginning has been seen; beyond the status, its lines are. */
  private at = 0;
  private isContinue = false;
  private isLineEmpty = false;

  expect(): void {
    this.expected = true;
    this.at = 0;
  }

  see(chunk: Buffer): void {
    for (let i = 0; this.expected && i < chunk.length; i++) {
      const byte = chunk[i] as number;
      if (this.at >= PREFIX.length + 3) this.follow(byte);
      else if (this.begin(byte)) chunk[i] = NINE;
    }
  }

  /** One byte of a head's beginning. Whether it is the last digit of 100. */
  private begin(byte: number): boolean {
    const digit = this.at - PREFIX.length;
    if (digit < 0) {
      // The parser skips line breaks before a head.
      if (this.at === 0 && (byte === CR || byte === LF)) return false;
      if (byte !== PREFIX[this.at] && this.at !== MINOR_AT) this.expected = false;
      this.at++;
      return false;
    }
    this.at++;
    if (digit === 0) this.expected = byte === ONE;
    else if (digit === 1) this.isContinue = byte === ZERO;
    else {
      this.isLineEmpty = false;
      // After 101 there is no more HTTP.
      if (this.isContinue && byte === ONE) this.expected = false;
      return this.isContinue && byte === ZERO;
    }
    return false;
  }

  /** One byte after the status of an interim answer, up to its empty line. */
  private follow(byte: number): void {
    if (byte === CR) return;
    if (byte !== LF) this.isLineEmpty = false;
    else if (this.isLineEmpty) this.at = 0;
    else this.isLineEmpty = true;
  }
}
