import { IncomingMessage, ServerResponse, createServer } from 'node:http';
import type { NestApplicationOptions } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';

/** What an Express application gives every request and response as prototype. */
interface ExpressPrototypes {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/**
 * Express on a server whose requests and responses are born with Express' prototypes. Express sets
 * them on each in any case; here that changes nothing, where otherwise V8 leaves its fast paths for
 * every access to an object whose prototype was changed.
 *
 * It assumes that an Express application exposes those prototypes as `request` and `response`. Where
 * it does not, and for TLS or `forceCloseConnections`, the server is Nest's own.
 */
export class StableExpressAdapter extends ExpressAdapter {
  override initHttpServer(options: NestApplicationOptions): void {
    super.initHttpServer(options);
    const { request, response } = this.getInstance<ExpressPrototypes>();
    const isAsAssumed = request instanceof IncomingMessage && response instanceof ServerResponse;
    if (!isAsAssumed || options.httpsOptions || options.forceCloseConnections) return;
    this.setHttpServer(
      createServer(
        {
          IncomingMessage: bornWith<IncomingMessage, typeof IncomingMessage>(
            request,
            IncomingMessage,
          ),
          ServerResponse: bornWith<ServerResponse, typeof ServerResponse>(response, ServerResponse),
        },
        this.getInstance(),
      ),
    );
  }
}

/** `Base` as a constructor of objects that have `prototype` from the start. */
function bornWith<T extends object, Base extends new (...args: never[]) => T>(
  prototype: T,
  Base: Base,
): Base {
  function Born(...args: never[]): T {
    return Reflect.construct(Base, args, Born) as T;
  }
  Born.prototype = prototype;
  // V8 reserves room in each object for what the constructors up this chain are seen to assign.
  Object.setPrototypeOf(Born, Base);
  return Born as unknown as Base;
}
