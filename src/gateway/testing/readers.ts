import { createServer, request as httpRequest } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { ManualClock } from '../../ground/manual-clock.js';
import type { BodySource, ReplayOptions } from '../body-source.js';
import { ReplayBody } from '../replay-body.js';

const LIMIT_MS = 20_000;

/** Resolves once `done` holds, asked again and again. */
export async function until(done: () => boolean, what: string): Promise<void> {
  for (const from = Date.now(); !done(); await turn()) {
    if (Date.now() - from > LIMIT_MS) throw new Error(`waited in vain for ${what}`);
  }
}

/** Lets everything happen that is ready to. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** So many bytes, of which each stretch that a test exchanges differs from the others. */
export function pattern(bytes: number): Buffer {
  return Buffer.alloc(bytes, BLOCK);
}

/** Of a length to which no piece and no block is a multiple. */
const BLOCK = Buffer.from(
  Uint8Array.from({ length: 250_007 }, (_, at) => (at * at + (at >> 7)) & 255),
);

/** What all bodies of a test take, and how much that may be. */
export class Room {
  taken = 0;
  most = 0;

  constructor(private readonly bound = Infinity) {}

  reserve(bytes: number): void {
    if (this.taken + bytes > this.bound) throw new Error('no room');
    this.taken += bytes;
    this.most = Math.max(this.most, this.taken);
  }

  release(bytes: number): void {
    this.taken -= bytes;
  }
}

/** A source that gives what it has in pieces, turn by turn, while nobody has it wait. */
export class PouringSource implements BodySource {
  poured = 0;
  pauses = 0;
  isPaused = false;
  aborted: Error | undefined;

  constructor(
    private readonly body: ReplayBody,
    private readonly bytes: Buffer,
    private readonly pieceBytes = 65_536,
  ) {
    body.from(this);
  }

  pause(): void {
    this.isPaused = true;
    this.pauses++;
  }

  resume(): void {
    this.isPaused = false;
  }

  abort(reason: Error): void {
    this.aborted = reason;
  }

  /** Gives the next ones up to position `to`. */
  async pour(to = this.bytes.length): Promise<void> {
    while (this.poured < to) {
      await until(() => !this.isPaused || this.aborted !== undefined, 'the source to go on');
      if (this.aborted) return;
      const from = this.poured;
      this.poured = Math.min(to, from + this.pieceBytes);
      this.body.push(this.bytes.subarray(from, this.poured));
      await turn();
    }
  }
}

/** A client that has asked for a body. */
export class ReadingClient {
  readonly pieces: Buffer[] = [];
  received = 0;
  isWhole = false;
  isOver = false;
  private socket: Socket | undefined;

  constructor(
    /** What the body is written to. */
    readonly response: ServerResponse,
    private readonly incoming: IncomingMessage,
  ) {
    this.socket = incoming.socket;
    incoming.on('error', () => undefined);
    incoming.once('close', () => {
      this.isOver = true;
      this.isWhole = incoming.complete;
    });
  }

  /** Takes what comes. */
  read(): this {
    this.incoming.on('data', (piece: Buffer) => {
      this.pieces.push(piece);
      this.received += piece.length;
    });
    return this;
  }

  /** All that has come. */
  get bytes(): Buffer {
    return Buffer.concat(this.pieces);
  }

  /** Takes nothing any more, for now. */
  pause(): void {
    this.incoming.pause();
  }

  leave(): void {
    this.socket?.destroy();
  }

  /** Resolves to how it has ended. */
  async ended(): Promise<'whole' | 'cut'> {
    await until(() => this.isOver, 'the end of an answer');
    return this.isWhole ? 'whole' : 'cut';
  }
}

/** A server that writes a body to whoever asks, over real connections. */
export class BodyDesk {
  private readonly waiting: ((response: ServerResponse) => void)[] = [];
  private readonly clients: ReadingClient[] = [];

  private constructor(private readonly server: Server) {
    server.on('request', (_, response) => this.waiting.shift()?.(response));
  }

  static async open(): Promise<BodyDesk> {
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    return new BodyDesk(server);
  }

  private get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** The answer to a client that takes nothing until it is told to. Its head is on its way. */
  async ask(length?: number): Promise<ReadingClient> {
    const answered = new Promise<ServerResponse>((resolve) => this.waiting.push(resolve));
    const asking = httpRequest({ host: '127.0.0.1', port: this.port, agent: false });
    const incoming = new Promise<IncomingMessage>((resolve, reject) => {
      asking.once('response', resolve).on('error', reject);
    });
    asking.end();
    const response = await answered;
    response.writeHead(200, length === undefined ? {} : { 'Content-Length': length });
    response.flushHeaders();
    const client = new ReadingClient(response, await incoming);
    this.clients.push(client);
    return client;
  }

  /** A client of HTTP/1.0: when it has received something, and whether by an end or a reset it hears of the end. */
  async askOld(): Promise<{
    response: ServerResponse;
    received: Promise<unknown>;
    ended: Promise<'end' | 'reset'>;
  }> {
    const answered = new Promise<ServerResponse>((resolve) => this.waiting.push(resolve));
    const socket = connect(this.port, '127.0.0.1', () => socket.write('GET / HTTP/1.0\r\n\r\n'));
    const ended = new Promise<'end' | 'reset'>((resolve) => {
      socket.once('end', () => resolve('end')).once('error', () => resolve('reset'));
    });
    const received = new Promise((resolve) => {
      socket.once('data', resolve);
    });
    const response = await answered;
    response.writeHead(200);
    return { response, received, ended };
  }

  async close(): Promise<void> {
    for (const client of this.clients) client.leave();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** A body that holds 4 MiB, by a clock that the test moves. */
export function bodyBy(clock: ManualClock, options: Partial<ReplayOptions> = {}): ReplayBody {
  return new ReplayBody({
    length: undefined,
    maxMemoryBytes: 4 * 2 ** 20,
    wanted: false,
    slowReaderMs: 10_000,
    clock,
    scheduler: clock,
    ...options,
  });
}
