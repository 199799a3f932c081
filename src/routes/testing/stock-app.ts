import { request } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HttpService } from '@nestjs/axios';
import type { INestApplication, LoggerService, ModuleMetadata } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { z } from 'zod';
import { BackendModule } from '../../backend/index.js';
import { CachingModule } from '../../caching/index.js';
import { CircuitBreakerModule } from '../../circuit-breaker/index.js';
import { CoalescingModule } from '../../coalescing/index.js';
import { StableExpressAdapter } from '../../express/index.js';
import type { RouteDeclaration } from '../route-declaration.js';
import { RoutesModule } from '../routes.module.js';
import type { AnyRoute } from '../routes.module.js';
import type { RoutesModuleOptions } from '../routes.options.js';

/** What a test may have otherwise in the application. */
export interface StockOptions extends Pick<ModuleMetadata, 'imports' | 'providers'> {
  /** @default {@link StableExpressAdapter} */
  readonly adapter?: AbstractHttpAdapter;
  /** What differs in the declaration of `/stock/:id`. */
  readonly route?: Partial<AnyRoute>;
  /** Further routes. */
  readonly routes?: readonly AnyRoute[];
  /** @default true */
  readonly fastPath?: RoutesModuleOptions['fastPath'];
  readonly logger?: LoggerService;
  /** Sets the application up before it is initialized. */
  readonly prepare?: (app: INestApplication<Server>) => unknown;
}

export interface StockReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export const stock: RouteDeclaration = {
  path: '/stock/:id',
  params: z.looseObject({}),
  key: (params) => [JSON.stringify(params)],
  backend: (params) => `http://stock.internal/${encodeURIComponent(JSON.stringify(params))}`,
  freshMs: 60_000,
};

/** What every Express application has; the server calls it for each request. */
interface Dispatching {
  handle(...passed: unknown[]): unknown;
}

/** An application with one route, whose backend answers with the URL that it was asked for. */
export class StockApp {
  private dispatched = 0;

  private constructor(
    readonly app: INestApplication<Server>,
    private readonly port: number,
  ) {
    if (app.getHttpAdapter().getType() === 'fastify') {
      // Behind Fastify, whose middleware gives a request the id that Fastify has for it.
      app.getHttpServer().on('request', (asked: IncomingMessage & { id?: string }) => {
        if (asked.id !== undefined) this.dispatched += 1;
      });
      return;
    }
    const express: Dispatching = app.getHttpAdapter().getInstance();
    const { handle } = express;
    express.handle = (...passed) => {
      this.dispatched += 1;
      return handle.apply(express, passed);
    };
  }

  static async start(options: StockOptions = {}): Promise<StockApp> {
    const { route = {}, routes = [], fastPath = true, imports = [], providers = [] } = options;
    const axiosRef = {
      request: ({ url }: { url: string }) =>
        Promise.resolve({
          status: 200,
          data: Buffer.from(decodeURIComponent(url)),
          headers: { 'content-type': 'text/plain' },
        }),
    };
    const module = await Test.createTestingModule({
      imports: [
        CoalescingModule.forRoot(),
        CircuitBreakerModule.forRoot(),
        CachingModule.forRoot(),
        BackendModule.forRoot(),
        RoutesModule.forRoot({ fastPath }),
        RoutesModule.forFeature([{ ...stock, ...route }, ...routes]),
        ...imports,
      ],
      providers,
    })
      .overrideProvider(HttpService)
      .useValue({ axiosRef })
      .compile();
    const app = module.createNestApplication<INestApplication<Server>>(
      options.adapter ?? new StableExpressAdapter(),
      { logger: options.logger ?? false },
    );
    await options.prepare?.(app);
    await app.listen(0, '127.0.0.1');
    return new StockApp(app, (app.getHttpServer().address() as AddressInfo).port);
  }

  /** Sends `target` as it is. */
  ask(target = '/stock/1', headers: Record<string, string> = {}): Promise<StockReply> {
    return new Promise((resolve, reject) => {
      const { port } = this;
      const asked = request({ host: '127.0.0.1', port, path: target, headers, agent: false });
      asked.once('error', reject);
      asked.once('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('end', () => {
          const { statusCode: status = 0, headers: fields } = response;
          resolve({ status, headers: fields, text: Buffer.concat(chunks).toString() });
        });
      });
      asked.end();
    });
  }

  /**
   * Asks five times: for the answer to be kept, for the target to be learnt, and thrice for the hits
   * of which this tells how many the framework has seen.
   */
  async frameworkSawOfThree(target?: string, headers?: Record<string, string>): Promise<number> {
    for (const served of ['stored', 'hit']) {
      const reply = await this.ask(target, headers);
      const status = String(reply.headers['cache-status']);
      if (!status.includes(served)) throw new Error(`not ${served}: ${reply.status} ${status}`);
    }
    const before = this.dispatched;
    for (let i = 0; i < 3; i += 1) await this.ask(target, headers);
    return this.dispatched - before;
  }

  close(): Promise<void> {
    return this.app.close();
  }
}
