import type { IncomingMessage, ServerResponse } from 'node:http';
import { MethodNotAllowedException, RequestMethod } from '@nestjs/common';
import type { MiddlewareConsumer } from '@nestjs/common';
import { noteRoute } from '../module-options/index.js';

const LET_THROUGH: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD']);

/**
 * Has every method but GET and HEAD answered by 405 with `Allow` on paths where only those are served (RFC
 * 9110, section 15.5.6): before guards and interceptors, and without reading a body. OPTIONS as well,
 * where CORS, which comes before, has not answered it.
 */
export function refuseOtherMethods(consumer: MiddlewareConsumer, paths: readonly string[]): void {
  for (const path of paths) refuseOthersAt(consumer, path);
}

function refuseOthersAt(consumer: MiddlewareConsumer, path: string): void {
  const route = path.startsWith('/') ? path : `/${path}`;
  const refuse = (request: Passing, response: ServerResponse, next: () => void): void => {
    if (LET_THROUGH.has(request.method)) {
      request[PASSES] = passesOf(request) + 1;
      next();
      return;
    }
    noteRoute(request, route);
    response.setHeader('Allow', 'GET, HEAD');
    throw new MethodNotAllowedException();
  };
  consumer.apply(refuse).forRoutes({ path, method: RequestMethod.ALL });
}

/** How often {@link refuseOtherMethods} has looked at a request, and let it through. */
const PASSES = Symbol('breakwater.passes');

type Passing = IncomingMessage & { [PASSES]?: number };

/** How many middlewares of {@link refuseOtherMethods} a request has passed: they change nothing of it. */
export function passesOf(request: IncomingMessage): number {
  return (request as Passing)[PASSES] ?? 0;
}
