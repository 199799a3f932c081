import { globally, moduleBuilder } from '../module-options/index.js';
import type { RoutesModuleOptions } from './routes.options.js';

/** Injection token of the environment that routes' `backend` functions get. */
export const ROUTES_ENVIRONMENT = 'breakwater:routes-environment';

export const {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN: ROUTES_OPTIONS,
  OPTIONS_TYPE,
  ASYNC_OPTIONS_TYPE,
} = moduleBuilder<RoutesModuleOptions, 'createRoutesOptions'>('RoutesModule')
  .setExtras({ isGlobal: true }, globally)
  .build();
