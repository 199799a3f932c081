import { Inject, Module, Optional } from '@nestjs/common';
import type { CanActivate, DynamicModule } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { InvalidOptionError, runtimeOf } from '../ground/index.js';
import {
  checkedAsync,
  demandOptions,
  refuseBareImport,
  refuseSecondImport,
} from '../module-options/index.js';
import { AdminLog } from './admin-log.js';
import { AdminGuard } from './admin.guard.js';
import { ConfigurableModuleClass } from './admin.module-definition.js';
import type { ASYNC_OPTIONS_TYPE, OPTIONS_TYPE } from './admin.module-definition.js';
import { ADMIN_MODULE_OPTIONS, demandExtras } from './admin.options.js';
import type { AdminModuleOptions } from './admin.options.js';
import { AdminService } from './admin.service.js';
import { ADMIN_GUARD, ADMIN_OPTIONS } from './admin.tokens.js';
import { SnapshotStream } from './snapshot-stream.js';

const A_TOKEN = "such as { token: process.env['ADMIN_TOKEN'] } or { guard: OperatorGuard }";

/**
 * The operator's API at `/admin`: what goes on in coalescers, circuits, caches and cluster, why, and what can
 * be done about it. Finds the modules of this package where they are global. Imported once.
 *
 * @example
 * imports: [AdminModule.forRoot({ token: process.env.ADMIN_TOKEN })]
 */
@Module({
  providers: [
    refuseBareImport('AdminModule', '{ token: … }'),
    AdminGuard,
    AdminService,
    SnapshotStream,
    {
      provide: AdminLog,
      inject: [ADMIN_OPTIONS],
      useFactory: ({ clock }: AdminModuleOptions) => new AdminLog(runtimeOf({ clock }).clock),
    },
  ],
  exports: [AdminService],
})
export class AdminModule extends ConfigurableModuleClass {
  /** @throws Error · InvalidOptionError: two such APIs would be one too many, and an open one as well */
  constructor(
    modules: ModulesContainer,
    @Inject(ADMIN_OPTIONS) options: AdminModuleOptions,
    @Optional() @Inject(ADMIN_GUARD) guard?: CanActivate,
  ) {
    super();
    refuseSecondImport(modules, AdminModule, { features: false });
    ADMIN_MODULE_OPTIONS.check(options, 'admin');
    if (options.token !== undefined || guard !== undefined) return;
    throw new InvalidOptionError(
      'admin.token',
      undefined,
      `given, unless a guard of your own stands in its place, ${A_TOKEN}`,
    );
  }

  /** @throws InvalidOptionError, at the call or at start */
  static override forRoot(options: typeof OPTIONS_TYPE): DynamicModule {
    demandExtras(demandOptions(options, 'AdminModule.forRoot()', A_TOKEN), 'AdminModule.forRoot()');
    return super.forRoot(options);
  }

  /** {@link forRoot} with options from `useFactory`, `useClass` or `useExisting`; `path` and `guard` stand beside. */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return checkedAsync('AdminModule', options, (given) => {
      demandExtras(given, 'AdminModule.forRootAsync()');
      return super.forRootAsync(given);
    });
  }
}
