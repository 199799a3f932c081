import { describe, expect, it } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import type { ModuleMetadata } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { BackendModule } from '../backend/index.js';
import { Cached, CachingModule } from '../caching/index.js';
import {
  CircuitBreaker,
  CircuitBreakerModule,
  UseCircuitBreaker,
} from '../circuit-breaker/index.js';
import { ClusterModule } from '../cluster/index.js';
import { Coalesce, CoalescingModule, CoalescingService } from '../coalescing/index.js';
import { RoutesModule } from '../routes/index.js';

type Imports = NonNullable<ModuleMetadata['imports']>;

/** Options as JavaScript, or a type assertion, lets them through. */
const wrong = (options: object) => options as never;

const circuits = CircuitBreakerModule;

/** By routes. */
const needed: Imports = [
  circuits.forRoot(),
  CoalescingModule.forRoot(),
  CachingModule.forRoot(),
  BackendModule.forRoot(),
];

describe('What cannot work does not start, and says what to write instead', () => {
  it.each<[string, Imports, string]>([
    [
      'a base URL without a scheme',
      [BackendModule.forRoot({ baseUrl: 'backend:3001' })],
      '"backend.baseUrl" must be an http: or https: URL without user, query or fragment, such as ' +
        `'http://backend:3001/v1', got "backend:3001"`,
    ],
    ['a base URL of FTP', [BackendModule.forRoot({ baseUrl: 'ftp://x' })], 'got "ftp://x"'],
    [
      'a base URL that a parser would mend',
      [BackendModule.forRoot({ baseUrl: 'http:/h' })],
      'got "http:/h"',
    ],
    [
      'a base URL with a secret, which it does not tell',
      [BackendModule.forRoot({ baseUrl: 'http://u:pa/ss@h?token=SECRET' })],
      'got "http://u:pa/…@h…"',
    ],
    [
      'an option of the backend that does not exist',
      [BackendModule.forRoot(wrong({ timeout: 5 }))],
      '"backend.timeout" must be left out: there is no such option; did you mean "timeoutMs"? (known: baseUrl, timeoutMs',
    ],
    [
      'circuits imported twice',
      [circuits.forRoot(), circuits.forRoot({ cooldownMs: 1 })],
      'CircuitBreakerModule is imported in 2 different ways: import forRoot() or forRootAsync() once',
    ],
    [
      'features without circuits',
      [circuits.forFeature(['payments'])],
      'CircuitBreakerModule.forFeature() declares "payments", but finds no CircuitBreakerService: ' +
        'import CircuitBreakerModule.forRoot() in the root module',
    ],
    [
      'one circuit declared twice',
      [
        circuits.forRoot(),
        circuits.forFeature([{ name: 'payments', cooldownMs: 1 }]),
        circuits.forFeature([{ name: 'payments', cooldownMs: 2 }]),
      ],
      '"circuits.payments" must be declared once (it was with other options, {"cooldownMs":1}: give them to ' +
        "CircuitBreakerModule.forRoot({ circuits: { 'payments': … } })",
    ],
    [
      'one circuit used and then declared',
      [
        circuits.forRoot(),
        circuits.forFeature(['payments']),
        circuits.forFeature([{ name: 'payments', cooldownMs: 2 }]),
      ],
      '"circuits.payments" must be declared before its use (somebody asks for it by its name alone: give ' +
        'its options to',
    ],
    [
      'a cluster without a store',
      [ClusterModule.forRoot(wrong({ store: undefined }))],
      'Option "cluster.store" must be the address of the store, such as ' +
        "'redis://localhost:6379'",
    ],
    [
      'a cluster with a number',
      [ClusterModule.forRoot(wrong({ store: 6379 }))],
      '(without a store, leave ClusterModule out), got 6379',
    ],
    [
      'a cluster imported twice',
      [
        ClusterModule.forRoot({ store: 'redis://127.0.0.1:1' }),
        ClusterModule.forRoot({ store: 'redis://127.0.0.1:2' }),
      ],
      'ClusterModule is imported in 2 different ways: import forRoot() or forRootAsync() once, in the ' +
        'root module',
    ],
    [
      'the client to backends imported twice',
      [BackendModule.forRoot({ timeoutMs: 1 }), BackendModule.forRoot({ timeoutMs: 2 })],
      'BackendModule is imported in 2 different ways: import forRoot() or forRootAsync() once, in the ' +
        'root module',
    ],
    [
      'routes imported twice',
      [...needed, RoutesModule.forRoot(), RoutesModule.forRoot({ fastPath: true })],
      'RoutesModule is imported in 2 different ways: import forRoot() or forRootAsync() once, in the ' +
        'root module, and forFeature() elsewhere',
    ],
  ])('%s', async (_, imports, message) => {
    await expect(Test.createTestingModule({ imports }).compile()).rejects.toThrow(message);
  });

  it.each([
    CoalescingModule,
    CachingModule,
    CircuitBreakerModule,
    ClusterModule,
    BackendModule,
    RoutesModule,
  ])('a factory that gives no options to %p', async (module) => {
    @Injectable()
    class NoOptions {
      createCoalescingOptions = () => undefined as never;
      createCachingOptions = () => undefined as never;
      createCircuitBreakerOptions = () => undefined as never;
      createClusterOptions = () => undefined as never;
      createBackendOptions = () => undefined as never;
      createRoutesOptions = () => undefined as never;
    }
    for (const how of [{ useFactory: () => undefined as never }, { useClass: NoOptions }]) {
      const imports = [...(module === RoutesModule ? needed : []), module.forRootAsync(how)];
      await expect(Test.createTestingModule({ imports }).compile()).rejects.toThrow(
        `${module.name}.forRootAsync() got undefined from its factory instead of options: return an object`,
      );
    }
  });

  it.each([
    ['@Coalesce()', Coalesce()],
    ['@Cached()', Cached({ key: () => 'k' })],
    ['@UseCircuitBreaker()', UseCircuitBreaker('items')],
  ])('a generator behind %s', (name, decorate) => {
    class Items {
      async *all() {
        yield await Promise.resolve(1);
      }
    }
    const descriptor = Object.getOwnPropertyDescriptor(Items.prototype, 'all') as never;
    expect(() => decorate(Items.prototype, 'all', descriptor)).toThrow(
      `${name} is for methods that return one result, and Items.all is a generator`,
    );
  });
});

describe('What can work starts', () => {
  it('a client to a backend of its own in each of two modules', async () => {
    const modules = [1, 2].map((timeoutMs) => {
      @Module({ imports: [BackendModule.forRoot({ timeoutMs, isGlobal: false })] })
      class Feature {}
      return Feature;
    });
    const module = await Test.createTestingModule({ imports: modules }).compile();
    await module.close();
  });
});

describe('A call that cannot be meant so says what to write instead', () => {
  const breaker = new CircuitBreaker('payments');

  it('execute() of a promise', async () => {
    const made = Promise.reject(new Error('down'));
    await expect(breaker.execute(made as never)).rejects.toThrow(
      'execute() of circuit "payments" takes a function that makes the call, got a promise: the call ' +
        'has been made already. Write execute(() => fetchRate()) instead of execute(fetchRate())',
    );
    await expect(breaker.execute(undefined as never)).rejects.toThrow('got undefined');
  });

  it('execute() of a generator', async () => {
    async function* items() {
      yield await Promise.resolve(1);
    }
    await expect(breaker.execute(items)).rejects.toThrow(
      'execute() got a generator, which has called nobody yet',
    );
    expect(breaker.describe().inFlight).toBe(0);
  });

  it('run() of a generator', async () => {
    async function* items() {
      yield await Promise.resolve(1);
    }
    await expect(new CoalescingService().run('k', items)).rejects.toThrow(
      'The value cannot be shared: it is a generator, whose items only one caller would get',
    );
  });

  it('@Coalesce() by a key function that gives nothing', async () => {
    @Injectable()
    class Prices {
      @Coalesce(() => undefined as never)
      async price(): Promise<void> {
        await Promise.resolve();
      }
    }
    const app = await Test.createTestingModule({
      imports: [CoalescingModule.forRoot()],
      providers: [Prices],
    }).compile();
    await expect(app.get(Prices).price()).rejects.toThrow(
      'The key function of @Coalesce() gave undefined: it has to return text, or a list',
    );
  });
});
