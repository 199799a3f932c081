import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, afterEach } from '@jest/globals';
import type { INestApplication, LoggerService } from '@nestjs/common';
import type { Clock } from '../../src/ground/index.js';
import { createService } from '../../src/service/create-service.js';
import { Counter } from './counter.js';
import { httpAdapterOf, type Platform, settingsOf } from './describe-on-each.js';
import { get, start, type PendingReply, type Reply, type RequestOptions } from './http-client.js';
import { ScriptedBackend } from './scripted-backend.js';

/** How many connections are opened at once; a listening socket's backlog is finite. */
const BATCH = 250;

/** The service in this process, listening on a port of its own. */
export class RunningService {
  private readonly arrivals = new Counter('requests at the service');
  private readonly pending = new Set<PendingReply>();

  constructor(
    readonly app: INestApplication,
    readonly port: number,
  ) {
    (app.getHttpServer() as Server).prependListener('request', () => {
      this.arrivals.increment();
    });
  }

  get(path: string, options?: RequestOptions): Promise<Reply> {
    return get(this.port, path, options);
  }

  start(path: string, options?: RequestOptions): PendingReply {
    const pending = start(this.port, path, options);
    this.pending.add(pending);
    const forget = (): void => {
      this.pending.delete(pending);
    };
    pending.reply.then(forget, forget);
    return pending;
  }

  /** Starts `count` requests and resolves once the service has taken every one of them in. */
  async burst(
    count: number,
    pathOf: (index: number) => string,
    options?: RequestOptions,
  ): Promise<PendingReply[]> {
    const before = this.arrivals.value;
    const started: PendingReply[] = [];
    while (started.length < count) {
      const batch = Math.min(BATCH, count - started.length);
      for (let i = 0; i < batch; i += 1) started.push(this.start(pathOf(started.length), options));
      await this.arrivals.reaches(before + started.length);
    }
    await this.fence();
    return started;
  }

  /** Starts one request and resolves once the service has taken it in. */
  async arrive(path: string, options?: RequestOptions): Promise<PendingReply> {
    const [pending] = await this.burst(1, () => path, options);
    if (!pending) throw new Error('unreachable');
    return pending;
  }

  /** A whole request later: whatever arrived before this call has been admitted, joined or refused. */
  async fence(): Promise<void> {
    await this.get('/health/live');
    await nextTurn();
  }

  async json(path: string): Promise<Record<string, unknown>> {
    return JSON.parse((await this.get(path)).text) as Record<string, unknown>;
  }

  async close(): Promise<void> {
    for (const pending of this.pending) pending.leave();
    await this.app.close();
  }
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  readonly logger?: false | LoggerService;
}

/** What a suite starts through it is closed after each test, or after all when asked so. */
export class Fixtures {
  private readonly services: RunningService[] = [];
  private readonly backends: ScriptedBackend[] = [];

  constructor(
    private readonly platform: Platform,
    closing: 'after each test' | 'after all tests' = 'after each test',
  ) {
    const hook = closing === 'after each test' ? afterEach : afterAll;
    hook(() => this.closeAll());
  }

  async backend(options?: Parameters<typeof ScriptedBackend.start>[0]): Promise<ScriptedBackend> {
    const backend = await ScriptedBackend.start(options);
    this.backends.push(backend);
    return backend;
  }

  async service(
    backend: ScriptedBackend | string,
    options: StartOptions = {},
  ): Promise<RunningService> {
    const app = await createService({
      env: {
        BACKEND_URL: typeof backend === 'string' ? backend : backend.url,
        SHUTDOWN_DRAIN_MS: '0',
        ...settingsOf(this.platform),
        ...options.env,
      },
      adapter: httpAdapterOf(this.platform),
      logger: options.logger ?? false,
      ...(options.clock ? { clock: options.clock } : {}),
    });
    await app.listen(0, '127.0.0.1');
    const server: Server = app.getHttpServer();
    const { port } = server.address() as AddressInfo;
    const service = new RunningService(app, port);
    this.services.push(service);
    return service;
  }

  private async closeAll(): Promise<void> {
    // The backend first: calls that hang there end, and with them the requests that wait for them.
    await Promise.all(this.backends.splice(0).map((backend) => backend.down()));
    await Promise.all(this.services.splice(0).map((service) => service.close()));
  }
}
