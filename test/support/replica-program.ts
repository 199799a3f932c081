import 'reflect-metadata';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, Delete, Get, Inject, Injectable, Module, Param, Scope } from '@nestjs/common';
import { NestFactory, REQUEST } from '@nestjs/core';
import {
  Cached,
  CachingModule,
  CachingService,
  ClusterModule,
  ClusterService,
  Coalesce,
  CoalescingModule,
} from '../../src/index.js';

/** A replica of an application of a user's, whose answers tell whose they are. */
const [storeUrl = '', first, backendUrl = ''] = process.argv.slice(2);

/** How long the backend takes: calls of many users overlap. */
const BACKEND_MS = 5;

interface UserRequest {
  readonly headers: { readonly 'x-user': string };
}

@Injectable({ scope: Scope.REQUEST })
class Profile {
  constructor(@Inject(REQUEST) private readonly request: UserRequest) {}

  @Coalesce()
  async mine(): Promise<string> {
    await sleep(BACKEND_MS);
    return this.request.headers['x-user'];
  }

  @Coalesce({ key: (field: string) => field })
  async field(field: string): Promise<string> {
    await sleep(BACKEND_MS);
    return `${this.request.headers['x-user']} ${field}`;
  }

  @Cached({
    name: 'profile.setting',
    key: (user: string, setting: string) => [user, setting],
    freshMs: 200,
  })
  async setting(_user: string, setting: string): Promise<string> {
    await sleep(BACKEND_MS);
    return `${this.request.headers['x-user']} ${setting}`;
  }
}

abstract class RegionalClient {
  abstract readonly region: string;

  @Coalesce()
  async order(id: string): Promise<string> {
    await sleep(BACKEND_MS);
    return `${this.region} ${id}`;
  }

  @Coalesce({ sharedBy: 'class', coalescer: 'local' })
  async stock(id: string): Promise<string> {
    await sleep(BACKEND_MS);
    return `${this.region} ${id}`;
  }

  price(id: string): Promise<string> {
    return sleep(BACKEND_MS, `${this.region} ${id}`);
  }

  @Cached({ name: 'regional.customer', key: (id: string) => id, freshMs: 200 })
  customer(id: string): Promise<string> {
    return sleep(BACKEND_MS, `${this.region} ${id}`);
  }
}

@Injectable()
class EuClient extends RegionalClient {
  readonly region = 'eu';

  @Coalesce({ sharedBy: 'class', name: 'eu.price' })
  override price(id: string): Promise<string> {
    return super.price(id);
  }

  @Cached({ name: 'eu.customer', key: (id: string) => id, freshMs: 200 })
  override customer(id: string): Promise<string> {
    return super.customer(id);
  }
}

@Injectable()
class UsClient extends RegionalClient {
  readonly region = 'us';

  @Coalesce({ sharedBy: 'class', name: 'us.price' })
  override price(id: string): Promise<string> {
    return super.price(id);
  }

  @Cached({ name: 'us.customer', key: (id: string) => id, freshMs: 200 })
  override customer(id: string): Promise<string> {
    return super.customer(id);
  }
}

@Controller()
class UserController {
  constructor(private readonly profile: Profile) {}

  @Get('me')
  me() {
    return this.profile.mine();
  }

  @Get('me/:field')
  field(@Param('field') field: string) {
    return this.profile.field(field);
  }

  @Get('settings/:user/:setting')
  setting(@Param('user') user: string, @Param('setting') setting: string) {
    return this.profile.setting(user, setting);
  }
}

@Controller('regions/:region/:method/:id')
class RegionController {
  private readonly clients: Readonly<Record<string, RegionalClient>>;

  constructor(eu: EuClient, us: UsClient) {
    this.clients = { eu, us };
  }

  @Get()
  get(
    @Param('region') region: string,
    @Param('method') method: 'order' | 'stock' | 'price' | 'customer',
    @Param('id') id: string,
  ) {
    return this.clients[region]?.[method](id);
  }
}

/** What is cached of a backend that all replicas have, and how it is invalidated. */
@Controller('catalogue')
class CatalogueController {
  constructor(
    private readonly caching: CachingService,
    private readonly cluster: ClusterService,
  ) {}

  @Get(':id')
  find(@Param('id') id: string): Promise<string> {
    const load = async () => (await fetch(`${backendUrl}/backend/${id}`)).text();
    return this.caching.cache('catalogue').get(id, load, { freshMs: 600_000, tags: ['goods'] });
  }

  /** What it holds in memory, and may give to anybody. */
  @Get(':id/held')
  held(@Param('id') id: string): string {
    return this.caching.cache('catalogue').peek<string>(id)?.value ?? 'nothing';
  }

  /** How often it has waited for the flight of another one, and whether it reaches the store. */
  @Get(':id/cluster')
  state(): { waits: number; status: string } {
    const { status, counters } = this.cluster.health();
    return { status, waits: counters.waits };
  }

  @Delete(':id/:what')
  invalidate(@Param('id') id: string, @Param('what') what: string): Promise<boolean> {
    switch (what) {
      case 'key':
        return this.caching.cache('catalogue').invalidate(id);
      case 'tag':
        return this.caching.invalidateTag('goods');
      case 'cache':
        return this.caching.invalidateCache('catalogue');
      default:
        return this.caching.invalidateAll();
    }
  }
}

// Whatever a process numbers, it numbers in another order in the next one.
const clients = first === 'us' ? [UsClient, EuClient] : [EuClient, UsClient];

@Module({
  imports: [
    ClusterModule.forRoot({ store: storeUrl }),
    CoalescingModule.forRoot({ scope: 'cluster', coalescers: { local: { scope: 'process' } } }),
    CachingModule.forRoot(),
  ],
  controllers: [UserController, RegionController, CatalogueController],
  providers: [...clients, Profile],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error', 'fatal'] });
await app.listen(0, '127.0.0.1');
while (app.get(ClusterService).health().status !== 'up') await sleep(10);
const server = app.getHttpServer() as Server;
// A connection that is about to be used again must not be closed just then.
server.keepAliveTimeout = 600_000;
const { port } = server.address() as AddressInfo;
process.stdout.write(`${port}\n`);
// Whoever started it holds the other end: a replica does not outlive its test.
process.stdin.on('close', () => process.exit()).resume();
