import type { Readable, Writable } from 'node:stream';
import { systemClock } from '../ground/index.js';
import type { Clock } from '../ground/index.js';
import { MAX_LINE_BYTES } from './node-settings.js';
import { ErrorCode, parseMessage } from './message.js';
import type { Message } from './message.js';
import { IgnoredLinesLog } from './ignored-lines.log.js';
import type { JsonText } from './json-text.js';
import { LineSplitter } from './line-splitter.js';
import { LineWriter } from './line-writer.js';

/** Takes what is not a matter of the connection itself. */
export interface MessageReceiver {
  /** A request to be answered by {@link NodeConnection.reply}. */
  request(message: Message): void;
  /** A reply to one of our messages. Whether anybody waits for it. */
  settle(message: Message): boolean;
}

/** What a connection is made on. */
export interface ConnectionOptions {
  readonly input: Readable;
  readonly output: Writable;
  /** Where operators are told what was ignored. */
  readonly warn: (message: string) => void;
  /** @default the clock of the process */
  readonly clock?: Clock;
}

type Members = Readonly<Record<string, JsonText>>;

/**
 * The node's end of the network: lines in, lines out, the handshake and the numbering. It answers
 * `init` by itself and at once; all that needs the application waits, in the pipe, until a receiver
 * is attached.
 */
export class NodeConnection {
  /** Resolves when the input has ended and all of it was handed on, or nobody reads any more. */
  readonly ended: Promise<void>;

  private readonly splitter: LineSplitter;
  private readonly writer: LineWriter;
  private readonly ignoredLines: IgnoredLinesLog;
  private readonly markEnded: () => void;
  private nodeId: string | undefined;
  private sent = 0;
  private receiver: MessageReceiver | undefined;
  /** What came before there was a receiver. */
  private readonly held: Message[] = [];
  private inputEnded = false;
  private stopped = false;

  constructor(private readonly options: ConnectionOptions) {
    const { input, output, warn, clock = systemClock } = options;
    let markEnded = (): void => undefined;
    this.ended = new Promise((resolve) => {
      markEnded = resolve;
    });
    this.markEnded = markEnded;
    this.ignoredLines = new IgnoredLinesLog(warn, clock);
    this.writer = new LineWriter(output, () => this.resume());
    this.splitter = new LineSplitter(MAX_LINE_BYTES, {
      // Each line in a turn of its own: what one causes has happened before the next is looked at, so
      // that a reply may stand right behind the line that causes its request.
      line: (text) => void setImmediate(() => this.receive(text)),
      unreadable: (why) => void setImmediate(() => this.ignore(why)),
    });
    input.on('data', (chunk: Buffer) => {
      this.splitter.feed(chunk);
      if (this.writer.saturated) input.pause();
    });
    input.once('end', () => this.endInput());
    input.once('error', () => this.endInput());
    // The other side is gone (EPIPE): there is nobody to tell.
    output.on('error', () => {
      this.writer.break();
      this.markEnded();
    });
  }

  /** Hands over what waited, and from now on everything that comes. */
  attach(receiver: MessageReceiver): void {
    this.receiver = receiver;
    setImmediate(() => this.deliverHeld(receiver));
  }

  /** Sends a request of our own and returns its number. */
  request(dest: string, type: string, members: Members): number {
    return this.send(dest, type, undefined, members);
  }

  /** Answers `message`. */
  reply(message: Message, type: string, members: Members = {}): void {
    this.send(message.src, type, message, members);
  }

  /** Answers `message` by an error. */
  refuse(message: Message, code: number, text: string | undefined): void {
    const members = {
      code: String(code),
      ...(text !== undefined && { text: JSON.stringify(text) }),
    };
    this.reply(message, 'error', members);
  }

  /** Says that `message` has no effect. */
  ignore(why: string, line?: string): void {
    this.ignoredLines.ignored(why, line);
  }

  /** Takes nothing more. */
  stopReading(): void {
    this.stopped = true;
    this.options.input.pause();
    this.ignoredLines.summarise();
  }

  /** Ends when everything sent so far has left the process, or never can. */
  flushed(): Promise<void> {
    return this.writer.flushed();
  }

  private receive(line: string): void {
    const message = parseMessage(line);
    if (typeof message === 'string') {
      this.ignore(message, line);
    } else if (message.inReplyTo === undefined && message.msgId === undefined) {
      this.ignore('a request without msg_id, which cannot be answered', line);
    } else if (message.inReplyTo === undefined && message.type === 'init') {
      this.join(message);
    } else if (this.nodeId === undefined) {
      this.receiveEarly(message, line);
    } else if (message.dest !== this.nodeId) {
      this.ignore(`for ${JSON.stringify(message.dest)}, which is not this node`, line);
    } else if (this.receiver && this.held.length === 0) {
      this.deliver(message, this.receiver);
    } else {
      this.held.push(message);
      this.options.input.pause();
    }
  }

  private receiveEarly(message: Message, line: string): void {
    if (message.inReplyTo !== undefined) this.ignore('a reply that nobody waits for', line);
    else this.refuse(message, ErrorCode.TemporarilyUnavailable, 'the node is not initialised yet');
  }

  /** The handshake. A second one is answered as well, and changes nothing. */
  private join(message: Message): void {
    const id: unknown = JSON.parse(message.body.get('node_id') ?? 'null');
    if (typeof id !== 'string' || id === '') {
      this.refuse(message, ErrorCode.MalformedRequest, 'init needs a node_id');
      return;
    }
    this.nodeId ??= id;
    this.reply(message, 'init_ok');
  }

  private deliver(message: Message, receiver: MessageReceiver): void {
    if (message.inReplyTo === undefined) {
      receiver.request(message);
    } else if (!receiver.settle(message)) {
      const { src, type, inReplyTo } = message;
      this.ignore('a reply that nobody waits for', `${type} of ${src} to ${inReplyTo}`);
    }
  }

  private send(dest: string, type: string, message: Message | undefined, members: Members): number {
    const id = this.sent++;
    // Before the handshake the name is known from the message alone.
    const src = this.nodeId ?? message?.dest ?? '';
    let body = `"type":${JSON.stringify(type)}`;
    if (message?.msgId !== undefined) body += `,"in_reply_to":${message.msgId}`;
    body += `,"msg_id":${id}`;
    for (const [name, value] of Object.entries(members)) {
      body += `,${JSON.stringify(name)}:${value}`;
    }
    this.writer.write(
      `{"src":${JSON.stringify(src)},"dest":${JSON.stringify(dest)},"body":{${body}}}`,
    );
    return id;
  }

  /** One in a turn, as {@link receive} does; what comes meanwhile waits behind them. */
  private deliverHeld(receiver: MessageReceiver): void {
    const message = this.held.shift();
    if (message) {
      this.deliver(message, receiver);
      setImmediate(() => this.deliverHeld(receiver));
      return;
    }
    if (this.inputEnded) this.markEnded();
    this.resume();
  }

  private endInput(): void {
    this.splitter.end();
    // Behind the last line.
    setImmediate(() => {
      this.inputEnded = true;
      if (this.receiver && this.held.length === 0) this.markEnded();
    });
  }

  private resume(): void {
    const waits = !this.receiver || this.held.length > 0 || this.writer.saturated;
    if (!waits && !this.stopped) this.options.input.resume();
  }
}
