import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, afterEach, describe, it } from '@jest/globals';
import type { INestApplication, LoggerService } from '@nestjs/common';
import type { Clock } from '../../src/ground/index.js';
import { ManualClock } from '../../src/ground/manual-clock.js';
import { createService } from '../../src/service/create-service.js';
import { Counter } from './counter.js';
import { httpAdapterOf, type Platform, settingsOf } from './describe-on-each.js';
import { get, start, type PendingReply, type Reply, type RequestOptions } from './http-client.js';
import { Machine, WORKERS } from './machine.js';
import { ScriptedBackend } from './scripted-backend.js';

/** How many connections are opened at once; a listening socket's backlog is finite. */
const BATCH = 250;

/** Where the service of a suite runs. */
interface Surroundings {
  readonly port: number;
  /** Requests that it has taken in. */
  readonly arrived: number;
  /** Resolves once so many requests have been taken in. */
  reaches(arrived: number): Promise<void>;
  /** A whole request later. */
  fence(): Promise<void>;
  close(): Promise<void>;
}

/** In this process. */
class InThisProcess implements Surroundings {
  private readonly arrivals = new Counter('requests at the service');
  readonly port: number;

  constructor(readonly app: INestApplication) {
    const server = app.getHttpServer() as Server;
    this.port = (server.address() as AddressInfo).port;
    server.prependListener('request', () => {
      this.arrivals.increment();
    });
  }

  get arrived(): number {
    return this.arrivals.value;
  }

  reaches(arrived: number): Promise<void> {
    return this.arrivals.reaches(arrived);
  }

  async fence(): Promise<void> {
    await get(this.port, '/health/live');
    await nextTurn();
  }

  close(): Promise<void> {
    return this.app.close();
  }
}

/** `it` for what looks inside of the service, or stands in it: skipped where that runs elsewhere. */
export const itInside = WORKERS > 1 ? it.skip : it;

/** `describe` for the same. */
export const describeInside = WORKERS > 1 ? describe.skip : describe;

/** The service, listening on a port of its own. */
export class RunningService {
  private readonly pending = new Set<PendingReply>();

  constructor(private readonly surroundings: Surroundings) {}

  get port(): number {
    return this.surroundings.port;
  }

  /** The service itself; see {@link itInside}. */
  get app(): INestApplication {
    if (this.surroundings instanceof InThisProcess) return this.surroundings.app;
    throw new Error('the service runs in processes of its own');
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
    const before = this.surroundings.arrived;
    const started: PendingReply[] = [];
    while (started.length < count) {
      const batch = Math.min(BATCH, count - started.length);
      for (let i = 0; i < batch; i += 1) started.push(this.start(pathOf(started.length), options));
      await this.surroundings.reaches(before + started.length);
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
  fence(): Promise<void> {
    return this.surroundings.fence();
  }

  async json(path: string): Promise<Record<string, unknown>> {
    return JSON.parse((await this.get(path)).text) as Record<string, unknown>;
  }

  async close(): Promise<void> {
    for (const pending of this.pending) pending.leave();
    await this.surroundings.close();
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
    const env = {
      BACKEND_URL: typeof backend === 'string' ? backend : backend.url,
      SHUTDOWN_DRAIN_MS: '0',
      ...settingsOf(this.platform),
      ...options.env,
    };
    const service = new RunningService(
      WORKERS > 1
        ? await Machine.start(env, manual(options))
        : await inThisProcess(env, this.platform, options),
    );
    this.services.push(service);
    return service;
  }

  private async closeAll(): Promise<void> {
    // The backend first: calls that hang there end, and with them the requests that wait for them.
    await Promise.all(this.backends.splice(0).map((backend) => backend.down()));
    await Promise.all(this.services.splice(0).map((service) => service.close()));
  }
}

async function inThisProcess(
  env: Readonly<Record<string, string>>,
  platform: Platform,
  { logger = false, clock }: StartOptions,
): Promise<Surroundings> {
  const adapter = httpAdapterOf(platform);
  const app = await createService({ env, adapter, logger, ...(clock && { clock }) });
  await app.listen(0, '127.0.0.1');
  return new InThisProcess(app);
}

/** The clock that other processes can follow. */
function manual({ clock, logger }: StartOptions): ManualClock | undefined {
  if (clock === undefined && !logger) return undefined;
  if (clock instanceof ManualClock && !logger) return clock;
  throw new Error('what is given to the service in this process does not reach other ones');
}
