import 'reflect-metadata';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { INestApplication, LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { exposedCircuitHeaders } from '../circuit-breaker/index.js';
import type { Clock } from '../ground/index.js';
import { StableExpressAdapter } from '../express/index.js';
import { answerBefore, boundPipelines, refuseMalformed, watchRequests } from '../http/index.js';
import { COALESCER_NAME_HEADER } from '../routes/index.js';
import { AppModule, hasGateway, isMeasured } from './app.module.js';
import { parseSettings, processEnvironment } from './config/index.js';
import { GracefulStop, limitServer } from './connections/index.js';
import type { RefusalLog } from './connections/index.js';
import { ServiceLogger } from './log/index.js';
import { ApiDocument } from './openapi/index.js';
import { OperatorPort } from './operators/index.js';
import { RequestLog } from './request-log.js';
import { ResourceStateWatcher } from './resource/index.js';
import type { MachineLink } from './workers/index.js';

/** What may be replaced in a service, by tests above all. */
export interface ServiceOptions {
  /** @default the environment of the process */
  readonly env?: NodeJS.ProcessEnv;
  /** @default Express, by {@link StableExpressAdapter} */
  readonly adapter?: AbstractHttpAdapter;
  /** `false` for silence. @default JSON lines on stdout, text on a terminal */
  readonly logger?: LoggerService | false;
  /** What the circuit breaker reads time from. @default the clock of the process */
  readonly clock?: Clock;
  /** The machine of which the service is one of several workers. @default it is alone */
  readonly machine?: MachineLink;
}

/**
 * Makes the service, ready to listen.
 *
 * @throws {ConfigurationError} when the environment is not usable.
 */
export async function createService(
  options: ServiceOptions = {},
): Promise<INestApplication<Server>> {
  const settings = parseSettings(options.env ?? processEnvironment());
  // Nothing here listens to requests, or reads them: who leaves is known by the response.
  const adapter =
    options.adapter ?? new StableExpressAdapter(undefined, { optimizeEmptyRequests: true });
  if (adapter instanceof ExpressAdapter) leaveAnswersAlone(adapter);
  const logger = options.logger ?? new ServiceLogger(settings.LOG_LEVEL, process.stdout.isTTY);
  const requestLog = new RequestLog(logger instanceof ServiceLogger ? logger.requests : undefined);
  const root = await AppModule.forRoot(settings, requestLog, options.clock, options.machine);
  const app = await NestFactory.create<INestApplication<Server>>(root, adapter, {
    logger,
    // No route reads a body: none is buffered.
    bodyParser: false,
    abortOnError: false,
  });
  if (settings.CORS_ORIGIN !== undefined) {
    app.enableCors({
      origin: settings.CORS_ORIGIN,
      methods: ['GET', 'HEAD'],
      exposedHeaders: [...exposedCircuitHeaders, 'X-Request-Id', COALESCER_NAME_HEADER],
    });
  }
  if (settings.API_DOCS === 'on') app.get(ApiDocument).of(app);
  // Not loaded where there are none.
  const counts = isMeasured(settings)
    ? app.get((await import('./metrics/index.js')).RequestCounts)
    : undefined;
  const server = app.getHttpServer();
  const front = hasGateway(settings) ? await import('./in-front.js') : undefined;
  front?.standInFront(app, server, settings.PROXY_OWN_ROUTES);
  answerBefore(server, refuseMalformed);
  const limits = {
    headersTimeoutMs: settings.HEADERS_TIMEOUT_MS,
    requestTimeoutMs: settings.REQUEST_TIMEOUT_MS,
  };
  const refusals: RefusalLog = {
    refused: (id, status, ...rest) => {
      counts?.refused(status);
      requestLog.refused(id, status, ...rest);
    },
  };
  limitServer(server, limits, refusals);
  const drain = app.get(GracefulStop);
  drain.drain(server);
  if (settings.ADMIN_PORT !== undefined) {
    const operators = createServer();
    limitServer(operators, limits, refusals);
    drain.drain(operators);
    app.get(OperatorPort).attach(operators, server, refusals);
  }
  watchRequests(server, [
    ...[requestLog, drain, app.get(ResourceStateWatcher)],
    ...(counts ? [counts] : []),
  ]);
  boundPipelines(server);
  front?.answerHitsFirst(app, server, requestLog);
  return app;
}

/** Has Express add nothing to an answer, and take nothing away. */
function leaveAnswersAlone(adapter: ExpressAdapter): void {
  adapter.disable('x-powered-by');
  adapter.disable('etag');
  // Otherwise Express answers `If-None-Match: *` with 304, whatever the answer is.
  const { request } = adapter.getInstance<{ request: object }>();
  Object.defineProperty(request, 'fresh', { value: false });
}
