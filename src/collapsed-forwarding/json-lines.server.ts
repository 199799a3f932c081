import { BaseRpcContext, Server } from '@nestjs/microservices';
import type { CustomTransportStrategy, WritePacket } from '@nestjs/microservices';
import { throwError } from 'rxjs';
import type { Observable } from 'rxjs';
import { ErrorCode } from './message.js';
import type { Message, Reply } from './message.js';
import type { NodeConnection } from './node-connection.js';
import type { OriginClient } from './origin.client.js';

/** What a request costs beside its line, about, in bytes. */
const REQUEST_OVERHEAD_BYTES = 512;

/**
 * The transport of the node: brings requests from the connection to the handlers of their type, and
 * each handler's answer back, exactly one.
 */
export class JsonLinesServer extends Server implements CustomTransportStrategy {
  override readonly transportId = Symbol('json-lines');
  private pendingBytes = 0;
  private waiting: (() => void)[] = [];

  constructor(
    private readonly connection: NodeConnection,
    private readonly origin: OriginClient,
    private readonly maxPendingBytes: number,
  ) {
    super();
  }

  /** Begins to take requests. */
  listen(callback: () => void): void {
    const { origin } = this;
    this.connection.attach({
      request: (message) => this.handle(message),
      settle: (message) => origin.settle(message),
    });
    callback();
  }

  /** Answers what is in progress, as no reply of the origin can come any more, and lets it all out. */
  async close(): Promise<void> {
    this.connection.stopReading();
    this.origin.end();
    await this.idle();
    await this.connection.flushed();
  }

  /** @throws Error always: there are no events to listen to */
  on(event: string): never {
    throw new Error(`The JSON lines transport has no event "${event}"`);
  }

  /** @throws Error always: below the transport there are two streams, which are nobody else's */
  unwrap(): never {
    throw new Error('The JSON lines transport has no server below it');
  }

  private handle(message: Message): void {
    // Not by `getHandlerByPattern`: that takes the type "\"read\"" for "read".
    const handler = this.messageHandlers.get(message.type);
    if (!handler || handler.isEventHandler) {
      const text = `there is no request of type ${JSON.stringify(message.type.slice(0, 100))}`;
      this.connection.refuse(message, ErrorCode.NotSupported, text);
      return;
    }
    const bytes = 2 * message.length + REQUEST_OVERHEAD_BYTES;
    if (this.pendingBytes + bytes > this.maxPendingBytes) {
      const text = 'too many requests are in progress';
      this.connection.refuse(message, ErrorCode.TemporarilyUnavailable, text);
      return;
    }
    this.pendingBytes += bytes;
    const context = new BaseRpcContext([message]);
    let answered = false;
    this.handleRequest(
      context,
      async () => this.toObservable(await handler(message.body, context)),
      (packet) => {
        if (answered) return;
        answered = true;
        this.answer(message, packet);
        this.release(bytes);
      },
    );
  }

  /** An empty stream of answers is closed by a packet without any. */
  private answer(message: Message, { err, response }: WritePacket): void {
    const reply = response as Reply | undefined;
    if (reply) {
      this.connection.reply(message, reply.type, reply.members);
      return;
    }
    const { code, text } = (err ?? {}) as { code?: unknown; text?: string };
    if (typeof code === 'number') this.connection.refuse(message, code, text);
    else this.connection.refuse(message, ErrorCode.Crash, 'the node failed to answer');
  }

  private release(bytes: number): void {
    this.pendingBytes -= bytes;
    if (this.pendingBytes > 0) return;
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  private idle(): Promise<void> {
    if (this.pendingBytes === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.waiting.push(resolve);
    });
  }

  private toObservable(answer: unknown): Observable<unknown> {
    if (answer === undefined) return throwError(() => ({ code: ErrorCode.Crash }));
    return this.transformToObservable(answer);
  }
}
