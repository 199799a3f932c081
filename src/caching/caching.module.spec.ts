import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { TestingModule } from '@nestjs/testing';
import {
  CoalescerOverloadedError,
  CoalescingModule,
  CoalescingService,
} from '../coalescing/index.js';
import { ManualClock } from '../ground/manual-clock.js';
import {
  Cached,
  CACHING_CHANNEL,
  CachingHealthIndicator,
  CachingModule,
  CachingService,
  getCacheToken,
  InjectCache,
  NamedCache,
} from './index.js';
import { MapTier } from './testing/map-tier.js';

@Injectable()
class Products {
  calls = 0;

  constructor(@InjectCache('products') readonly cache: NamedCache) {}

  find(sku: string) {
    return this.cache.get(sku, () => `${sku} ${++this.calls}`);
  }

  @Cached({
    key: (sku: string, options: { lang: string }) => [sku, options.lang],
    tags: (sku) => [`sku:${sku}`],
    freshMs: 50,
  })
  async describe(sku: string, options: { lang: string }, _unkeyed?: number): Promise<string> {
    return Promise.resolve(`${sku} ${options.lang} ${++this.calls}`);
  }

  @Cached({ key: () => 'all', cache: 'lists', name: 'Products.list.v2' })
  async list(): Promise<number> {
    return Promise.resolve(++this.calls);
  }
}

@Module({
  imports: [CachingModule.forFeature(['products', { name: 'rates', freshMs: 7 }])],
  providers: [Products],
})
class ProductsModule {}

describe('CachingModule', () => {
  let app: TestingModule | undefined;

  afterEach(async () => {
    await app?.close();
    app = undefined;
  });

  async function start(options: Parameters<typeof CachingModule.forRoot>[0] = {}) {
    app = await Test.createTestingModule({
      imports: [CoalescingModule.forRoot(), CachingModule.forRoot({ ...options }), ProductsModule],
    }).compile();
    return app;
  }

  it('gives named caches to whoever injects them, coalesced by whoever it is told', async () => {
    const module = await start();
    const products = module.get(Products);
    const found = await Promise.all([products.find('a'), products.find('a'), products.find('b')]);
    expect(found).toEqual(['a 1', 'a 1', 'b 2']);
    expect(module.get(CoalescingService).counters()).toMatchObject({ led: 2, joined: 1 });
    expect(products.cache).toBe(module.get(CachingService).cache('products'));
  });

  it('gives features their policy, and the default cache', async () => {
    const module = await start({ policy: { freshMs: 9 } });
    const get = (name?: string) => module.get<NamedCache>(getCacheToken(name), { strict: false });
    expect([get('rates'), get('products'), get()].map(({ policy }) => policy.freshMs)).toEqual([
      7, 9, 9,
    ]);
  });

  it('caches methods by their key, and invalidates them by their tags', async () => {
    const clock = new ManualClock();
    const module = await start({ clock, scheduler: clock, random: () => 0 });
    const products = module.get(Products);
    const describe = (lang: string) => products.describe('a', { lang }, Math.random());
    expect(await describe('de')).toBe('a de 1');
    expect(await describe('de')).toBe('a de 1');
    expect(await describe('en')).toBe('a en 2');
    await module.get(CachingService).invalidateTag('sku:a');
    expect(await describe('de')).toBe('a de 3');
    clock.advance(50);
    expect(await describe('de')).toBe('a de 3');
    await new Promise(setImmediate);
    expect(await describe('de')).toBe('a de 4');
  });

  it('caches methods in the cache and under the name they choose', async () => {
    const module = await start();
    const products = module.get(Products);
    expect(await products.list()).toBe(1);
    expect(module.get(CachingService).cache('lists').peek(['Products.list.v2', 'all'])?.value).toBe(
      1,
    );
  });

  it('reports its tiers, and is up whatever becomes of them', async () => {
    const disk = new MapTier();
    const module = await start({ tiers: [disk] });
    disk.fault = new Error('EIO');
    await module.get(CachingService).get('k', () => 'v');
    await new Promise(setImmediate);
    expect(module.get(CachingHealthIndicator).check()).toMatchObject({
      caching: {
        status: 'up',
        tiers: {
          memory: { status: 'up', entries: 1 },
          disk: { status: 'degraded', reason: 'EIO' },
        },
      },
    });
    expect(module.get(CachingHealthIndicator).check('c')).toHaveProperty('c.caches');
  });

  it('closes its tiers on shutdown', async () => {
    const disk = new MapTier();
    const module = await start({ tiers: [disk] });
    module.get(CachingService).set('k', 'v');
    await new Promise(setImmediate);
    expect(disk.records.size).toBe(1);
    await module.close();
    app = undefined;
    expect(disk.records.size).toBe(0);
  });

  it('can be given its options, coalescer included, by a factory', async () => {
    app = await Test.createTestingModule({
      imports: [
        CoalescingModule.forRoot(),
        CachingModule.forRootAsync({
          inject: [CoalescingService],
          useFactory: (coalescing: CoalescingService) => ({
            coalescer: coalescing.coalescer('caches'),
            policy: { freshMs: 3 },
          }),
        }),
      ],
    }).compile();
    const caching = app.get(CachingService);
    expect(caching.cache().policy.freshMs).toBe(3);
    expect(await caching.get('k', () => 'v')).toBe('v');
    expect(app.get(CoalescingService).coalescer('caches').counters().led).toBe(1);
  });

  it('runs flights in the default coalescer of CoalescingModule', async () => {
    app = await Test.createTestingModule({
      imports: [CachingModule.forRoot(), CoalescingModule.forRoot({ maxFlights: 1 })],
    }).compile();
    const caching = app.get(CachingService);
    const asked = caching.get('k', () => new Promise((resolve) => setImmediate(resolve, 'v')));
    expect(app.get(CoalescingService).size).toBe(1);
    await expect(caching.get('other', () => 'v')).rejects.toThrow(CoalescerOverloadedError);
    expect(await asked).toBe('v');
  });

  it.each([
    ['forRoot()', CachingModule.forRoot()],
    ['forRoot({ policy })', CachingModule.forRoot({ policy: {} })],
    ['forRootAsync()', CachingModule.forRootAsync({ useFactory: () => ({}) })],
  ])('needs no other module to make one call of many: %s', async (_, module) => {
    app = await Test.createTestingModule({ imports: [module] }).compile();
    const caching = app.get(CachingService);
    let calls = 0;
    const load = () => Promise.resolve(++calls);
    expect(await Promise.all([caching.get('k', load), caching.get('k', load)])).toEqual([1, 1]);
  });

  it('is overridden in tests like any provider', async () => {
    const caching = new CachingService();
    app = await Test.createTestingModule({ imports: [CachingModule.forRoot(), ProductsModule] })
      .overrideProvider(CachingService)
      .useValue(caching)
      .compile();
    expect(app.get(Products).cache).toBe(caching.cache('products'));
  });

  it('refuses to be imported twice, and features without it', async () => {
    const twice = Test.createTestingModule({
      imports: [
        CoalescingModule.forRoot(),
        CachingModule.forRoot(),
        CachingModule.forRoot({ policy: { freshMs: 1 } }),
      ],
    });
    await expect(twice.compile()).rejects.toThrow('imported in 2 different ways');
    const none = Test.createTestingModule({ imports: [CachingModule.forFeature(['products'])] });
    await expect(none.compile()).rejects.toThrow(
      'declares "products", but finds no CachingService',
    );
  });

  it('tells what happens on its channel', async () => {
    const heard: unknown[] = [];
    const listen = (event: unknown) => heard.push(event);
    subscribe(CACHING_CHANNEL, listen);
    const caching = (await start()).get(CachingService);
    await caching.get('k', () => 'v');
    caching.peek('k');
    unsubscribe(CACHING_CHANNEL, listen);
    caching.peek('k');
    expect(heard).toEqual([
      { type: 'stored', key: 'k', sizeBytes: 10, cache: 'default' },
      { type: 'miss', key: 'k', cache: 'default' },
      { type: 'hit', key: 'k', tier: 'memory', cache: 'default' },
    ]);
  });
});

describe('@Cached', () => {
  const decorate = (target: object, property: string, options = { key: () => 'k' }) => {
    const descriptor = Object.getOwnPropertyDescriptor(target, property)!;
    Cached(options)(target, property, descriptor as TypedPropertyDescriptor<() => Promise<void>>);
  };

  it('is for instance methods', () => {
    class Static {
      static async method() {}
    }
    expect(() => decorate(Static, 'method')).toThrow('which Function.method is not');
  });

  it('says what is wrong with an instance that Nest has not made', async () => {
    const products = new Products(new CachingService().cache('p'));
    await expect(products.list()).rejects.toThrow('was not made by Nest');
  });
});
