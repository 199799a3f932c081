import { globally, moduleBuilder } from '../module-options/index.js';
import type { GatewayModuleOptions } from './gateway.options.js';

export const {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN: GATEWAY_OPTIONS,
  OPTIONS_TYPE,
  ASYNC_OPTIONS_TYPE,
} = moduleBuilder<GatewayModuleOptions, 'createGatewayOptions'>('GatewayModule')
  .setExtras({ isGlobal: true }, globally)
  .build();
