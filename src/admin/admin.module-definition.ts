import type { DynamicModule } from '@nestjs/common';
import { moduleBuilder } from '../module-options/index.js';
import { adminController } from './admin.controller.js';
import type { AdminModuleExtras, AdminModuleOptions } from './admin.options.js';
import { ADMIN_GUARD } from './admin.tokens.js';

export const { ConfigurableModuleClass, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } = moduleBuilder<
  AdminModuleOptions,
  'createAdminOptions'
>('AdminModule')
  .setExtras<AdminModuleExtras>({ path: 'admin', guard: undefined }, mounted)
  .build();

/** The path is known to Nest by the controllers, and the guard is made by it, with all that it injects. */
function mounted(
  definition: DynamicModule,
  { path = 'admin', guard }: AdminModuleExtras,
): DynamicModule {
  const guards = guard === undefined ? [] : [{ provide: ADMIN_GUARD, useClass: guard }];
  return {
    ...definition,
    controllers: [adminController(path)],
    providers: [...(definition.providers ?? []), ...guards],
  };
}
