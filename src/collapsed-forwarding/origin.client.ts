import type { Cancel, Clock, Scheduler } from '../ground/index.js';
import { ErrorCode } from './message.js';
import type { Body, Message } from './message.js';
import type { JsonText } from './json-text.js';
import type { NodeConnection } from './node-connection.js';
import { ProtocolError } from './protocol.error.js';

/** What the client needs from outside. */
export interface OriginClientOptions {
  readonly connection: Pick<NodeConnection, 'request'>;
  /** Name of the origin: replies from anybody else are not its. */
  readonly origin: string;
  /** Longest wait for a reply, in milliseconds. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
}

interface PendingCall {
  readonly expected: string;
  readonly deadline: number;
  resolve(body: Body): void;
  reject(error: ProtocolError): void;
}

/** Calls of the origin, each with a number of its own and answered, or given up, once. */
export class OriginClient {
  /** By the numbers of our messages; the timeout is one for all, so the first is the first due. */
  private readonly calls = new Map<number, PendingCall>();
  private cancelTimer: Cancel | undefined;
  private ended = false;

  constructor(private readonly options: OriginClientOptions) {}

  /** Calls that wait for their reply. */
  get size(): number {
    return this.calls.size;
  }

  /**
   * Sends `type` with `members` and ends with the body of the origin's `<type>_ok`.
   *
   * @throws {@link ProtocolError} with the origin's own code, or 0 where it stays silent
   */
  call(type: string, members: Readonly<Record<string, JsonText>>): Promise<Body> {
    if (this.ended) return Promise.reject(noInput());
    const { connection, origin, timeoutMs, clock } = this.options;
    const deadline = clock.monotonic() + timeoutMs;
    const id = connection.request(origin, type, members);
    return new Promise((resolve, reject) => {
      this.calls.set(id, { expected: `${type}_ok`, deadline, resolve, reject });
      this.cancelTimer ??= this.schedule(this.expire, timeoutMs);
    });
  }

  /** Takes a reply. Whether a call waited for it; one that came too late changes nothing. */
  settle({ src, type, inReplyTo = -1, body }: Message): boolean {
    const call = this.calls.get(inReplyTo);
    if (!call || src !== this.options.origin) return false;
    if (type === 'error') call.reject(errorIn(body));
    else if (type === call.expected) call.resolve(body);
    else return false;
    this.calls.delete(inReplyTo);
    return true;
  }

  /**
   * Runs `task` when a call that has just been given up is not expected to arrive any more: after once
   * more the time that it was waited for.
   */
  whenLate(task: () => void): void {
    if (!this.ended) this.schedule(task, this.options.timeoutMs);
  }

  /** No reply can come any more: every call ends now. */
  end(): void {
    this.ended = true;
    this.cancelTimer?.();
    for (const call of this.calls.values()) call.reject(noInput());
    this.calls.clear();
  }

  private schedule(task: () => void, delayMs: number): Cancel {
    return this.options.scheduler.schedule(task, delayMs);
  }

  private readonly expire = (): void => {
    const { clock, origin, timeoutMs } = this.options;
    const now = clock.monotonic();
    this.cancelTimer = undefined;
    for (const [id, call] of this.calls) {
      if (call.deadline > now) {
        this.cancelTimer = this.schedule(this.expire, call.deadline - now);
        return;
      }
      this.calls.delete(id);
      const text = `${origin} did not answer within ${timeoutMs} ms`;
      call.reject(new ProtocolError(ErrorCode.Timeout, text));
    }
  };
}

function noInput(): ProtocolError {
  return new ProtocolError(ErrorCode.Timeout, 'the node is ending, and the answer cannot reach it');
}

/** The origin's error, with its code and text. */
function errorIn(body: Body): ProtocolError {
  const code: unknown = JSON.parse(body.get('code') ?? 'null');
  const text: unknown = JSON.parse(body.get('text') ?? 'null');
  return new ProtocolError(
    Number.isSafeInteger(code) ? (code as number) : ErrorCode.Crash,
    typeof text === 'string' ? text : undefined,
  );
}
