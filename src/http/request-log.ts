import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Logger } from '@nestjs/common';
import { attachContext } from './request-context.js';
import type { RequestContext } from './request-context.js';
import { REQUEST_ID_HEADER, requestIdFrom } from './request-id.js';

const MAX_LOGGED_TARGET = 256;

/**
 * Gives every request of `server` its id, returns it, and logs one line when the answer is out or
 * the caller gone. It listens on the server itself, before any framework, so that requests which
 * the framework refuses have an id and a line as well.
 */
export function logRequests(server: Server, logger = new Logger('Http')): void {
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const context: RequestContext = {
      id: requestIdFrom(request.headers['x-request-id']),
      startedAt: performance.now(),
    };
    attachContext(request, context);
    response.setHeader(REQUEST_ID_HEADER, context.id);
    response.once('close', () => {
      const line = {
        requestId: context.id,
        method: request.method,
        target: request.url?.slice(0, MAX_LOGGED_TARGET),
        status: response.writableFinished ? response.statusCode : 'aborted',
        durationMs: Math.round(performance.now() - context.startedAt),
        ...(context.cause !== undefined && { cause: context.cause }),
      };
      if (response.statusCode >= 500) logger.warn(line);
      else logger.log(line);
    });
  });
}
