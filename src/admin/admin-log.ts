import { Logger } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { LogEvent } from '../ground/index.js';
import type { Clock } from '../ground/index.js';

/** Who does something: as far as the request says. */
export interface Actor {
  /** Address of the connection's other end. */
  readonly remote: string | undefined;
  readonly requestId?: string;
  /** What `X-Actor` says: for people, as nobody has proved it. */
  readonly name?: string;
}

/** What may be repeated in a log: no control characters, and no more than that. */
const MAX_NAME_LENGTH = 64;

/** An id that is safe to repeat. */
const REQUEST_ID = /^[\w.:@+/=-]{1,128}$/;

/** Who has sent `request`. */
export function actorOf(request: IncomingMessage, requestId?: string): Actor {
  const { 'x-actor': told, 'x-request-id': offered } = request.headers;
  const sent = typeof offered === 'string' && REQUEST_ID.test(offered) ? offered : undefined;
  const id = requestId ?? sent;
  const name = String(told ?? '')
    .replace(/[^\x20-\x7e]/g, '')
    .trim()
    .slice(0, MAX_NAME_LENGTH);
  return {
    remote: request.socket.remoteAddress,
    ...(id !== undefined && { requestId: id }),
    ...(name !== '' && { name }),
  };
}

/** Least time between two lines about those who were not let in. */
const REFUSALS_PAUSE_MS = 10_000;

/** Tells the log what operators do, and that somebody tries to who may not. */
export class AdminLog {
  private readonly logger = new Logger('Admin');
  private refusedSince = 0;
  private toldAt = -Infinity;

  constructor(private readonly clock: Clock) {}

  /** Each action is one line: `admin.<action>`, on what, with which result, and who did it. */
  did(action: string, target: object, actor: Actor, result: object = {}): void {
    const by = actor.name ?? actor.remote ?? 'somebody';
    const on = Object.values(target).map((part) => ` ${String(part)}`);
    const words = `${action}${on.join('')}, by ${by}`;
    this.logger.log(new LogEvent(`admin.${action}`, words, { ...target, ...result, actor }));
  }

  /** At most one line in ten seconds, however many try. */
  refused(reason: string, { remote }: Actor): void {
    this.refusedSince += 1;
    const now = this.clock.monotonic();
    if (now - this.toldAt < REFUSALS_PAUSE_MS) return;
    const count = this.refusedSince;
    this.refusedSince = 0;
    this.toldAt = now;
    const words = `${count} request(s) not let in since the last such line, the last from ${remote}: ${reason}`;
    this.logger.warn(new LogEvent('admin.refused', words, { count, reason, remote }));
  }
}
