import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Logger } from '@nestjs/common';
import { RequestLine } from '../logging/index.js';
import { attachContext, contextOf } from './request-context.js';
import { REQUEST_ID_HEADER, requestIdFrom } from './request-id.js';

/** Takes the lines of requests. */
export interface RequestLogger {
  log(line: RequestLine): void;
  /** For a request that was answered by 5xx. */
  warn(line: RequestLine): void;
}

/**
 * Gives every request of a server its id, returns it, and logs one line when the answer is out or the
 * caller gone.
 */
export class RequestLog {
  /** Header that the id comes and goes in. */
  readonly header = REQUEST_ID_HEADER;

  constructor(private readonly logger: RequestLogger = new Logger('Http')) {}

  /**
   * Watches the requests of `server` itself, before any framework, so that requests which the framework
   * refuses have an id and a line as well.
   */
  watch(server: Server): void {
    const { logger } = this;
    /** One for all responses: a closure for each would be made millions of times. */
    function logClosed(this: ServerResponse): void {
      const { req: request } = this;
      const context = contextOf(request);
      if (!context) return;
      const { id, startedAt, cause } = context;
      const status = this.writableFinished ? this.statusCode : 'aborted';
      const line = new RequestLine(id, request, status, performance.now() - startedAt, cause);
      if (this.statusCode >= 500) logger.warn(line);
      else logger.log(line);
    }
    server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
      const id = this.idOf(request);
      attachContext(request, { id, startedAt: performance.now() });
      response.setHeader(REQUEST_ID_HEADER, id);
      response.on('close', logClosed);
    });
  }

  /** The id that `request` brings, or a new one. */
  idOf(request: IncomingMessage): string {
    return requestIdFrom(request.headers['x-request-id']);
  }

  /** Logs a request that was answered at once, without having been watched. */
  answered(request: IncomingMessage, id: string, status: number): void {
    this.logger.log(new RequestLine(id, request, status, 0));
  }
}
