import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Injectable, UseGuards, UseInterceptors } from '@nestjs/common';
import type { ModuleMetadata, Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { z } from 'zod';
import { BackendModule } from '../backend/index.js';
import { Cached, CachingModule, InjectCache } from '../caching/index.js';
import {
  CircuitBreakerModule,
  CircuitStateGuard,
  CircuitStateInterceptor,
  InjectCircuitBreaker,
} from '../circuit-breaker/index.js';
import { ClusterModule } from '../cluster/index.js';
import { CoalescingModule, InjectCoalescer } from '../coalescing/index.js';
import { InvalidOptionError } from '../ground/index.js';
import { defineRoute, RoutesModule } from '../routes/index.js';

const route = defineRoute({
  path: '/x',
  params: z.object({ id: z.string() }),
  key: ({ id }) => [id],
  backend: () => 'http://127.0.0.1:1/',
});

/** What routes need, by the class that each provides. */
const NEEDED = {
  CircuitBreakerService: CircuitBreakerModule.forRoot(),
  CoalescingService: CoalescingModule.forRoot(),
  CachingService: CachingModule.forRoot(),
  BackendClient: BackendModule.forRoot(),
};

const start = (metadata: ModuleMetadata) => Test.createTestingModule(metadata).compile();

function injected(decorate: ParameterDecorator): Type {
  @Injectable()
  class Host {}
  decorate(Host, undefined, 0);
  return Host;
}

describe('A call that is missing is named, and what to write', () => {
  it('RoutesModule.forRoot(), to whoever declares a route', async () => {
    for (const imports of [[], Object.values(NEEDED)]) {
      const routes = RoutesModule.forFeature([route]);
      await expect(start({ imports: [...imports, routes] })).rejects.toThrow(
        'RoutesModule.forFeature() declares "/x", but finds no RouteResponder: import ' +
          'RoutesModule.forRoot() in the root module, and leave it global',
      );
    }
  });

  it.each([
    ['BackendClient', 'BackendModule.forRoot()'],
    ['CachingService', 'CachingModule.forRoot()'],
    ['CircuitBreakerService', 'CircuitBreakerModule.forRoot()'],
  ])('the module of %s, to RoutesModule', async (name, call) => {
    const others = Object.entries(NEEDED).filter(([needed]) => needed !== name);
    const imports = [...others.map(([, module]) => module), RoutesModule.forRoot()];
    await expect(start({ imports })).rejects.toThrow(
      `finds no ${name}: import ${call} in the root`,
    );
  });

  it.each([
    [InjectCoalescer('prices'), 'CoalescingModule.forFeature(["prices"])'],
    [InjectCache('prices'), 'CachingModule.forFeature(["prices"])'],
    [InjectCircuitBreaker('prices'), 'CircuitBreakerModule.forFeature(["prices"])'],
  ])('forFeature(), to whoever injects by a name that nobody declares', async (inject, call) => {
    const imports = Object.values(NEEDED);
    await expect(start({ imports, providers: [injected(inject)] })).rejects.toThrow(call);
  });

  it.each([
    [CoalescingModule, ''],
    [CachingModule, ''],
    [CircuitBreakerModule, ''],
    [BackendModule, ''],
    [RoutesModule, ''],
    [ClusterModule, "{ store: 'redis://…' }"],
  ])('forRoot(), to whoever imports %p itself', async (module, options) => {
    const { name } = module;
    const others = Object.values(NEEDED).filter((needed) => needed.module !== module);
    const imports = module === RoutesModule ? [...others, module] : [module];
    await expect(start({ imports })).rejects.toThrow(
      `${name} is imported without a call: import ${name}.forRoot(${options}) or ` +
        `${name}.forRootAsync() once, in the root module, and not the class itself`,
    );
  });

  it.each([
    [InjectCoalescer(), 'default of CoalescingModule.forRoot()'],
    [InjectCache(), 'default of CachingModule.forRoot()'],
  ])('forRoot(), to whoever injects the default one (%#)', async (inject, call) => {
    await expect(start({ providers: [injected(inject)] })).rejects.toThrow(call);
  });

  it.each([null, 5, '', Symbol('x')])('and %p is no name', (name) => {
    for (const inject of [InjectCoalescer, InjectCache, InjectCircuitBreaker]) {
      expect(() => inject(name as never)).toThrow(InvalidOptionError);
      expect(() => inject(name as never)).toThrow('().name" must be text that is not empty, got ');
    }
  });

  it.each([
    [UseGuards(CircuitStateGuard), 'CircuitStateGuard'],
    [UseInterceptors(CircuitStateInterceptor), 'CircuitStateInterceptor'],
  ])('CircuitBreakerModule.forRoot(), to a handler (%#)', async (decorate, name) => {
    @Controller()
    @decorate
    class Items {
      @Get()
      all() {
        return [];
      }
    }
    await expect(start({ controllers: [Items] })).rejects.toThrow(
      `${name} (or @UseCircuitBreaker()) is used, but finds no CircuitBreakerService: import ` +
        'CircuitBreakerModule.forRoot()',
    );
  });

  it('CachingModule.forRoot(), to a cached method', async () => {
    @Injectable()
    class Items {
      @Cached({ key: () => 'k' })
      all(): Promise<number> {
        return Promise.resolve(1);
      }
    }
    await expect(start({ providers: [Items] })).rejects.toThrow(
      '@Cached() needs CachingModule.forRoot()',
    );
  });
});

describe.each([
  [CoalescingModule, 'createCoalescingOptions'],
  [CachingModule, 'createCachingOptions'],
  [CircuitBreakerModule, 'createCircuitBreakerOptions'],
  [BackendModule, 'createBackendOptions'],
  [ClusterModule, 'createClusterOptions'],
  [RoutesModule, 'createRoutesOptions'],
])('forRootAsync() of %p', (module, method) => {
  const call = `${module.name}.forRootAsync()`;
  class Maker {}
  const needed = module === RoutesModule ? Object.values(NEEDED) : [];
  const started = (how: object) => start({ imports: [...needed, module.forRootAsync(how)] });

  it.each<[object, string]>([
    [{}, '()" must be given one of useFactory (a function), useClass and useExisting (a class'],
    [{ useFactry: () => ({}) }, '()" must be given one of useFactory'],
    [{ useFactory: () => ({}), useClass: Maker }, 'got "useFactory, useClass"'],
    [{ useFactory: 5 }, '().useFactory" must be a function, got 5'],
    [{ useClass: {} }, '().useClass" must be a class with create'],
    [{ useFactory: () => ({}), inject: 'x' }, '().inject" must be an array, got "x"'],
    [{ useFactory: () => ({}), isGlobal: 'no' }, '().isGlobal" must be true or false, got "no"'],
    [[], '()" must be given an object'],
  ])('refuses %p', (how, message) => {
    expect(() => module.forRootAsync(how as never)).toThrow(InvalidOptionError);
    expect(() => module.forRootAsync(how as never)).toThrow(message);
  });

  it('tells a class without the method, and one that nobody provides', async () => {
    await expect(started({ useClass: Maker })).rejects.toThrow(
      `${call} got Maker, which has no ${method}(): give it that method`,
    );
    await expect(started({ useExisting: Maker })).rejects.toThrow(
      `${call} finds no Maker, which its useExisting names: provide it`,
    );
  });

  it('tells what kind of thing came in place of options, and not the thing', async () => {
    for (const [given, kind] of [
      ['secret', 'a string'],
      [[], 'an array'],
      [null, 'null'],
    ]) {
      await expect(started({ useFactory: () => given })).rejects.toThrow(
        `${call} got ${String(kind)} from its factory instead of options`,
      );
    }
  });

  it('leaves the error of a factory as it is', async () => {
    const error = new RangeError('no configuration');
    const useFactory = () => Promise.reject(error);
    await expect(started({ useFactory })).rejects.toBe(error);
  });
});
