import { createServer, request as httpRequest } from 'node:http';
import type {
  IncomingHttpHeaders,
  IncomingMessage,
  OutgoingHttpHeaders,
  RequestListener,
  Server,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import type { INestApplicationContext } from '@nestjs/common';
import { BackendModule } from '../../src/backend/index.js';
import { CachingModule, CachingService } from '../../src/caching/index.js';
import type { Tier } from '../../src/caching/index.js';
import { CircuitBreakerModule } from '../../src/circuit-breaker/index.js';
import { ClusterModule, ClusterService } from '../../src/cluster/index.js';
import type { ClusterHealth } from '../../src/cluster/index.js';
import { CoalescingModule } from '../../src/coalescing/index.js';
import { GatewayModule, GatewayService } from '../../src/gateway/index.js';
import type { GatewayForecast, GatewayModuleOptions } from '../../src/gateway/index.js';
import { ManualClock } from '../../src/ground/manual-clock.js';
import { Counter } from '../support/counter.js';

/** Where a gateway lives, beside its options. */
export interface Surroundings {
  /** @default one of its own, which a test moves */
  readonly clock?: ManualClock;
  /** Tiers between memory and the backend. */
  readonly tiers?: readonly Tier[];
  /** Address of a store that it shares with others: then its clock is the process's own, as is the store's. */
  readonly store?: string;
}

/** What a module needs around a gateway, with a clock that a test moves. */
export function gatewayImports(
  options: GatewayModuleOptions,
  clock = new ManualClock(),
  { tiers = [], store }: Surroundings = {},
) {
  const time = store === undefined ? { clock } : {};
  return [
    ...(store === undefined ? [] : [ClusterModule.forRoot({ store })]),
    CoalescingModule.forRoot(store === undefined ? { clock, scheduler: clock } : {}),
    CircuitBreakerModule.forRoot(time),
    CachingModule.forRoot({ ...time, tiers }),
    BackendModule.forRoot({}),
    GatewayModule.forRoot(options),
  ];
}

/** A gateway on a server of Node's. */
export class RunningGateway {
  /** Ages of what is kept, and the rest of open circuits. */
  readonly clock: ManualClock;
  /** Requests that have come. */
  readonly asked = new Counter('requests to the gateway');
  private context!: INestApplicationContext;
  private server!: Server;

  private constructor({ clock = new ManualClock() }: Surroundings) {
    this.clock = clock;
  }

  static async start(
    options: GatewayModuleOptions,
    surroundings: Surroundings = {},
  ): Promise<RunningGateway> {
    const gateway = new RunningGateway(surroundings);
    class App {}
    gateway.context = await NestFactory.createApplicationContext(
      { module: App, imports: gatewayImports(options, gateway.clock, surroundings) },
      { logger: ['error', 'warn'] },
    );
    const handle = gateway.context.get(GatewayService).handler();
    gateway.server = await listening((request, response) => {
      handle(request, response);
      gateway.asked.increment();
    });
    return gateway;
  }

  /** What it would have done, where it observes. */
  get forecast(): GatewayForecast | undefined {
    return this.context.get(GatewayService).forecast();
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Resolves once so many requests have come, and wait for whatever they wait for. */
  async waitForAsked(count: number): Promise<void> {
    await this.asked.reaches(count);
    for (let turns = 0; turns < 5; turns++) await turn();
  }

  get service(): GatewayService {
    return this.context.get(GatewayService);
  }

  get caching(): CachingService {
    return this.context.get(CachingService);
  }

  /** What its cluster says of itself. */
  get cluster(): ClusterHealth {
    return this.context.get(ClusterService).health();
  }

  /** Resolves once it has met its store. */
  async joined(): Promise<this> {
    await until(() => this.cluster.status === 'up', 'the store');
    return this;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    await this.context.close();
  }
}

/** A backend that answers as a function says, where that depends on who asks. */
export class Origin {
  readonly calls = new Counter('calls to the origin');
  private constructor(private readonly server: Server) {}

  static async start(listener: RequestListener): Promise<Origin> {
    const origin: Origin = new Origin(
      await listening((request, response) => {
        origin.calls.increment();
        listener(request, response);
      }),
    );
    return origin;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** An answer that a test watches while it comes. */
export class Stream {
  status = 0;
  headers: IncomingHttpHeaders = {};
  /** How it has ended. */
  end: 'whole' | 'cut' | undefined;
  /** Closes the client's connection. */
  readonly leave: () => void;
  private readonly pieces: Buffer[] = [];

  constructor(
    port: number,
    path: string,
    options: { headers?: OutgoingHttpHeaders; method?: string } = {},
  ) {
    const request = httpRequest({ host: '127.0.0.1', port, path, agent: false, ...options });
    this.leave = () => void request.destroy();
    request.on('error', () => (this.end ??= 'cut'));
    request.on('close', () => (this.end ??= 'cut'));
    request.on('response', (incoming: IncomingMessage) => {
      this.status = incoming.statusCode ?? 0;
      this.headers = incoming.headers;
      incoming.on('data', (piece: Buffer) => this.pieces.push(piece));
      incoming.on('error', () => undefined);
      incoming.on('close', () => (this.end ??= incoming.complete ? 'whole' : 'cut'));
    });
    request.end();
  }

  get body(): Buffer {
    return Buffer.concat(this.pieces);
  }

  async ended(): Promise<this> {
    await until(() => this.end !== undefined, 'the end of an answer');
    return this;
  }
}

/** Lets everything happen that is ready to. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Resolves once `done` holds, asked again and again. */
export async function until(done: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const from = Date.now(); !(await done()); await turn()) {
    if (Date.now() - from > 20_000) throw new Error(`waited in vain for ${what}`);
  }
}

/** `count` times what `make` makes. */
export function times<Made>(count: number, make: (index: number) => Made): Made[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

async function listening(listener: RequestListener): Promise<Server> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return server;
}
