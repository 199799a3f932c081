import type { IncomingMessage, ServerResponse } from 'node:http';
import { Logger } from '@nestjs/common';
import { REQUEST_ID_HEADER, contextOf, requestIdFrom, withField } from '../http/index.js';
import type { RequestWatcher } from '../http/index.js';
import type { RefusalLog } from './connections/index.js';
import { RequestLine } from './log/index.js';

/** Takes the lines of requests. */
export interface RequestLogger {
  log(line: RequestLine): void;
  /** For a request that was answered by 5xx. */
  warn(line: RequestLine): void;
}

const UNPARSED = { method: '-', url: '-' };

type WriteHead = (this: ServerResponse, ...passed: unknown[]) => ServerResponse;

/** In place of the `writeHead` of every response that is watched, one for all of them. */
const writeHeadWithId = function (
  this: ServerResponse,
  status: unknown,
  reason?: unknown,
  fields?: unknown,
): ServerResponse {
  const { writeHead } = Object.getPrototypeOf(this) as { writeHead: WriteHead };
  const context = contextOf(this.req);
  const id = context?.isPassedOn === true ? undefined : context?.idOf(this.req);
  const given = typeof reason === 'string' ? fields : (fields ?? reason);
  if (id === undefined || this.headersSent) {
    // Nothing to add.
  } else if (Array.isArray(given) && this.getHeaderNames().length === 0) {
    const all = withField(given as unknown[], REQUEST_ID_HEADER, id);
    return typeof reason === 'string'
      ? writeHead.call(this, status, reason, all)
      : writeHead.call(this, status, all);
  } else {
    this.setHeader(REQUEST_ID_HEADER, id);
  }
  return writeHead.call(this, status, reason, fields);
} as ServerResponse['writeHead'];

/**
 * Gives every request of a server its id, returns it, and logs one line when the answer is out or the
 * caller gone. It hears of requests before any framework does, so that those which the framework refuses
 * have an id and a line as well.
 */
export class RequestLog implements RequestWatcher, RefusalLog {
  /** Header that the id comes and goes in. */
  readonly header = REQUEST_ID_HEADER;

  constructor(private readonly logger: RequestLogger = new Logger('Http')) {}

  opened(_request: IncomingMessage, response: ServerResponse): void {
    response.writeHead = writeHeadWithId;
  }

  closed(response: ServerResponse): void {
    const { req: request, statusCode } = response;
    const context = contextOf(request);
    if (!context) return;
    const { startedAt } = context;
    const status = response.writableFinished ? statusCode : 'aborted';
    const durationMs = performance.now() - startedAt;
    const id = context.idOf(request);
    const line = new RequestLine(id, request, status, durationMs, context);
    if (statusCode >= 500 && context.isTrouble) this.logger.warn(line);
    else this.logger.log(line);
  }

  /** The id that `request` brings, or a new one. */
  idOf(request: IncomingMessage): string {
    return requestIdFrom(request.headers['x-request-id']);
  }

  /** Logs what was refused unheard; what could not be parsed has neither method nor target. */
  refused(
    id: string,
    status: number,
    cause?: string,
    request: Pick<IncomingMessage, 'method' | 'url'> = UNPARSED,
  ): void {
    this.logger.log(new RequestLine(id, request, status, 0, { cause }));
  }

  /** Logs a request that was answered at once, without having been watched. */
  answered(request: IncomingMessage, id: string, status: number, route: string): void {
    this.logger.log(new RequestLine(id, request, status, 0, { served: 'hit', route }));
  }
}
