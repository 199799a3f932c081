import { connect, type Socket } from 'node:net';

export interface RawReply {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly head: string;
  readonly body: string;
}

/** A bare connection: sends any bytes, keeps everything that comes back. */
export class RawClient {
  private readonly received: string[] = [];
  private readonly framed = new FramedReplies();
  private ended = false;
  private readonly listeners = new Set<() => void>();

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      const text = chunk.toString('latin1');
      this.received.push(text);
      this.framed.push(text);
      this.changed();
    });
    const end = (): void => {
      this.ended = true;
      this.changed();
    };
    socket.on('error', end);
    socket.on('end', end);
    socket.on('close', end);
  }

  static open(port: number, host = '127.0.0.1'): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host, allowHalfOpen: true, noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new RawClient(socket));
      });
    });
  }

  send(bytes: string | Buffer): this {
    if (!this.socket.destroyed) this.socket.write(bytes);
    return this;
  }

  /** Ends the sending side and keeps reading. */
  halfClose(): this {
    this.socket.end();
    return this;
  }

  close(): void {
    this.socket.destroy();
  }

  /** Whether the server has ended the connection. */
  get isEnded(): boolean {
    return this.ended;
  }

  get text(): string {
    return this.received.join('');
  }

  /** Everything until the server ends the connection. */
  async untilEnd(limitMs = 40_000): Promise<string> {
    await this.until(() => this.ended, 'the end of the connection', limitMs);
    return this.text;
  }

  /** The next `count` replies, each complete by its Content-Length (or the end of the connection). */
  async replies(count: number, limitMs = 40_000): Promise<RawReply[]> {
    let found: RawReply[] = [];
    await this.until(
      () => {
        found = this.framed.all(this.ended);
        return found.length >= count || this.ended;
      },
      `${String(count)} replies`,
      limitMs,
    );
    return found;
  }

  async reply(limitMs?: number): Promise<RawReply> {
    const [first] = await this.replies(1, limitMs);
    if (!first) throw new Error(`no reply, only ${JSON.stringify(this.text.slice(0, 200))}`);
    return first;
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }

  /** Resolves once `done` holds, asked whenever something has come. */
  until(done: () => boolean, what: string, limitMs = 40_000): Promise<void> {
    if (done()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const listener = (): void => {
        if (!done()) return;
        this.listeners.delete(listener);
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.listeners.delete(listener);
        reject(new Error(`no ${what} in ${String(limitMs)} ms; got ${this.text.slice(0, 300)}`));
      }, limitMs);
      this.listeners.add(listener);
    });
  }
}

/** Replies as they come. None is read twice: a client may wait for hundreds, which come in many pieces. */
class FramedReplies {
  private readonly complete: RawReply[] = [];
  private rest: string[] = [];

  push(text: string): void {
    this.rest.push(text);
  }

  /** @param ended whether what has no Content-Length is complete, too */
  all(ended: boolean): RawReply[] {
    let rest = this.rest.join('');
    while (rest.startsWith('HTTP/')) {
      const headEnd = rest.indexOf('\r\n\r\n');
      if (headEnd < 0) break;
      const head = rest.slice(0, headEnd);
      const headers = new Map<string, string>();
      for (const line of head.split('\r\n').slice(1)) {
        const colon = line.indexOf(':');
        headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
      }
      const declared = headers.get('content-length');
      const available = rest.length - headEnd - 4;
      const length = declared === undefined ? available : Number(declared);
      if (available < length || (declared === undefined && !ended)) break;
      const body = rest.slice(headEnd + 4, headEnd + 4 + length);
      this.complete.push({ status: Number(head.slice(9, 12)), headers, head, body });
      rest = rest.slice(headEnd + 4 + length);
    }
    this.rest = [rest];
    return [...this.complete];
  }
}
