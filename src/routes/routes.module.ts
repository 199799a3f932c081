import { Inject, Module } from '@nestjs/common';
import type {
  DynamicModule,
  MiddlewareConsumer,
  ModuleMetadata,
  NestModule,
  Type,
} from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { InvalidOptionError } from '../ground/index.js';
import { refuseOtherMethods } from '../http/index.js';
import {
  ROUTE_EXPLAINER,
  OBSERVED,
  checkedAsync,
  demandList,
  demandOptions,
  refuseBareImport,
  refuseSecondImport,
} from '../module-options/index.js';
import { FastPath } from './fast-path/fast-path.js';
import { HttpRoutes } from './http-routes.js';
import { routeController } from './route-controller.js';
import { checkRoute } from './route-declaration.js';
import type { RouteDeclaration } from './route-declaration.js';
import { VERSION } from './route-documentation.js';
import { RouteExplainer } from './route-explainer.js';
import { RouteResponder } from './route-responder.service.js';
import {
  ConfigurableModuleClass,
  ROUTES_ENVIRONMENT,
  ROUTES_OPTIONS,
} from './routes.module-definition.js';
import type { ASYNC_OPTIONS_TYPE, OPTIONS_TYPE } from './routes.module-definition.js';
import { ROUTES_MODULE_OPTIONS } from './routes.options.js';
import type { RoutesModuleOptions } from './routes.options.js';

/** Injection token of the paths of one feature on which other methods than GET and HEAD are refused. */
const REFUSING_PATHS = 'breakwater:routes-refusing';

/** Carries the controllers of one `RoutesModule.forFeature()`. */
@Module({})
class RoutesFeatureModule implements NestModule {
  constructor(@Inject(REFUSING_PATHS) private readonly refusing: readonly string[]) {}

  configure(consumer: MiddlewareConsumer): void {
    refuseOtherMethods(consumer, this.refusing);
  }
}

/** What the decorators of routes need from Nest: their guards' and interceptors' own dependencies. */
export type RoutesFeatureOptions = Pick<ModuleMetadata, 'imports' | 'providers'>;

/** A declaration of whatever parameters and environment. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyRoute = RouteDeclaration<any, any>;

/**
 * Endpoints by declaration. Imported once, by `forRoot()` or `forRootAsync()`, and by `forFeature()`
 * wherever routes are declared. Needs `CoalescingModule`, `CircuitBreakerModule`, `CachingModule` and
 * `BackendModule`, which are global by default.
 */
@Module({
  providers: [
    refuseBareImport('RoutesModule'),
    RouteResponder,
    HttpRoutes,
    RouteExplainer,
    { provide: ROUTE_EXPLAINER, useExisting: RouteExplainer },
    FastPath,
    { provide: OBSERVED.fastPath, useExisting: FastPath },
    {
      provide: ROUTES_ENVIRONMENT,
      inject: [ROUTES_OPTIONS],
      useFactory: (options: RoutesModuleOptions) => {
        ROUTES_MODULE_OPTIONS.check(options, 'routes');
        return options.environment ?? {};
      },
    },
  ],
  exports: [RouteResponder, HttpRoutes, ROUTE_EXPLAINER, FastPath],
})
export class RoutesModule extends ConfigurableModuleClass {
  /** @throws Error if the module is imported more than once: routes have one environment and one fast path */
  constructor(modules: ModulesContainer) {
    super();
    refuseSecondImport(modules, RoutesModule);
  }

  /** @param options of all routes; `isGlobal` is `true` by default */
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    return super.forRoot(demandOptions(options, 'RoutesModule.forRoot()'));
  }

  /** {@link forRoot} with options from `useFactory`, `useClass` or `useExisting`. */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return checkedAsync('RoutesModule', options, (given) => super.forRootAsync(given));
  }

  /** Serves the routes, each by a controller made from its declaration. @throws InvalidOptionError */
  static forFeature(
    routes: readonly AnyRoute[],
    { imports = [], providers = [] }: RoutesFeatureOptions = {},
  ): DynamicModule {
    demandList(routes, 'RoutesModule.forFeature()', 'products').forEach(checkRoute);
    const controllers = routes.map(routeController);
    refuseSamePath(routes, controllers);
    return {
      module: RoutesFeatureModule,
      imports,
      providers: [
        ...providers,
        { provide: REFUSING_PATHS, useValue: routes.filter(refusesOthers).map(({ path }) => path) },
      ],
      controllers,
    };
  }
}

function refusesOthers({ path, otherMethods }: AnyRoute): boolean {
  return (otherMethods ?? (path.includes('*') ? 'leave' : 'refuse')) === 'refuse';
}

/** Of two routes with one path and one version Nest would serve the first, and never the other. */
function refuseSamePath(routes: readonly AnyRoute[], controllers: readonly Type[]): void {
  const seen = new Set<string>();
  for (const [index, { path }] of routes.entries()) {
    const { answer } = controllers[index]?.prototype as { answer: object };
    const version = Reflect.getMetadata(VERSION, answer) as string | symbol | undefined;
    const parts = path.split('/').filter((part) => part !== '');
    const served = JSON.stringify([parts, version === undefined ? null : String(version)]);
    if (seen.has(served)) {
      const expected = 'a path of its own: another route of this forFeature() has it';
      throw new InvalidOptionError(`routes.${path}.path`, path, expected);
    }
    seen.add(served);
  }
}
