import { IncomingMessage, ServerResponse, createServer } from 'node:http';
import type { RequestListener, ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { Socket } from 'node:net';
import type { NestApplicationOptions } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';

/** Options of Node's server that its type declarations may not know yet. */
export interface HttpServerOptions extends ServerOptions {
  /**
   * From Node 24 on: a request without a body is born ended, and emits no event of its own, `close`
   * included. Who looks out for callers who leave has to listen to the response.
   */
  readonly optimizeEmptyRequests?: boolean;
}

/** What is assumed of an Express application. */
interface ExpressApplication extends RequestListener {
  /** Prototype that Express sets on every request. */
  request: object;
  /** Prototype that Express sets on every response. */
  response: object;
  handle(request: IncomingMessage, response: ServerResponse): void;
}

/**
 * Express on a server whose requests and responses are born with Express' prototypes. Express sets
 * them on each request in any case; here that changes nothing, where otherwise V8 leaves its fast
 * paths for every access to an object whose prototype was changed. Nothing else is different.
 *
 * It assumes that Express sets what the application has as `request` and `response`, and nothing else.
 * That is tried once, when the server is made; where it is not so, the server is the one that
 * `ExpressAdapter` makes.
 *
 * @example
 * const app = await NestFactory.create(AppModule, new StableExpressAdapter());
 */
export class StableExpressAdapter extends ExpressAdapter {
  private stable = false;

  /**
   * @param instance an Express application; left out, a new one
   * @param serverOptions of the server, where it {@link isStable}
   */
  constructor(
    instance?: unknown,
    private readonly serverOptions: HttpServerOptions = {},
  ) {
    super(instance);
  }

  /** Whether requests keep the prototype that they are born with. Known once the server is made. */
  get isStable(): boolean {
    return this.stable;
  }

  override initHttpServer(options: NestApplicationOptions): void {
    const application = this.getInstance<ExpressApplication>();
    const born = isAsAssumed(application) ? bornForExpress(application) : undefined;
    this.stable = born !== undefined && keepsPrototypes(application, born);
    if (born === undefined || !this.stable) {
      super.initHttpServer(options);
      return;
    }
    application.request = born.IncomingMessage.prototype;
    application.response = born.ServerResponse.prototype;
    super.initHttpServer(options);
    this.setHttpServer(
      options.httpsOptions
        ? createTlsServer({ ...this.serverOptions, ...options.httpsOptions, ...born }, application)
        : createServer({ ...this.serverOptions, ...born }, application),
    );
    // It has set up the server that it made itself.
    if (options.forceCloseConnections) this.trackConnections();
  }

  private trackConnections(): void {
    (this as unknown as { trackOpenConnections(): void }).trackOpenConnections();
  }
}

type Born = Required<Pick<ServerOptions, 'IncomingMessage' | 'ServerResponse'>>;

/** Whether there are prototypes of Node's requests and responses to be born with. */
function isAsAssumed({ request, response }: Partial<ExpressApplication>): boolean {
  return request instanceof IncomingMessage && response instanceof ServerResponse;
}

/** Node's classes, with what the application gives to requests and responses on their prototypes. */
function bornForExpress({ request, response }: ExpressApplication): Born {
  // Classes of their own: V8 makes instances fast by what it sees their constructors assign.
  class ExpressRequest extends IncomingMessage {}
  class ExpressResponse<Request extends IncomingMessage> extends ServerResponse<Request> {}
  Object.setPrototypeOf(ExpressRequest.prototype, request);
  Object.setPrototypeOf(ExpressResponse.prototype, response);
  return { IncomingMessage: ExpressRequest, ServerResponse: ExpressResponse };
}

/**
 * Has a stand-in of the application handle a request that goes nowhere, and looks at what has become
 * of its prototypes.
 */
function keepsPrototypes(application: ExpressApplication, born: Born): boolean {
  const asked = new born.IncomingMessage(new Socket());
  const answered = new born.ServerResponse(asked);
  const seen = { handled: false };
  const standIn = Object.create(application, {
    request: { value: born.IncomingMessage.prototype },
    response: { value: born.ServerResponse.prototype },
    router: {
      value: {
        handle: () => {
          seen.handled = true;
        },
      },
    },
  }) as ExpressApplication;
  try {
    standIn.handle(asked, answered);
  } catch {
    return false;
  }
  return (
    seen.handled &&
    Object.getPrototypeOf(asked) === born.IncomingMessage.prototype &&
    Object.getPrototypeOf(answered) === born.ServerResponse.prototype
  );
}
