import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { RoutesModuleOptions } from './routes.options.js';

/** Injection token of the environment that routes' `backend` functions get. */
export const ROUTES_ENVIRONMENT = 'breakwater:routes-environment';

export const {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN: ROUTES_OPTIONS,
  OPTIONS_TYPE,
  ASYNC_OPTIONS_TYPE,
} = new ConfigurableModuleBuilder<RoutesModuleOptions>({
  // Nest's message tells it, where nobody has called it.
  optionsInjectionToken: 'RoutesModule.forRoot()',
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createRoutesOptions')
  .setExtras({ isGlobal: true }, (definition, { isGlobal }) => ({
    ...definition,
    global: isGlobal,
  }))
  .build();
