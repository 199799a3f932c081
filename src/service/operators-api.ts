import type { DynamicModule } from '@nestjs/common';
import { AdminModule } from '../admin/index.js';
import type { GatewayInsight } from '../gateway/index.js';
import { VERSION } from '../ground/index.js';
import type { Clock } from '../ground/index.js';
import { contextOf } from '../http/index.js';
import { OBSERVED } from '../module-options/index.js';
import type { Settings } from './config/index.js';
import type { MachineLink } from './workers/index.js';
import { endpointExplainer } from './endpoint-explainer.js';

/** The operator's API of the service, for settings with an `ADMIN_TOKEN`. */
export function operatorsApi(
  settings: Settings,
  clock?: Clock,
  machine?: Pick<MachineLink, 'steerAll'>,
): DynamicModule {
  return AdminModule.forRootAsync({
    inject: [{ token: OBSERVED.gateway, optional: true }],
    useFactory: (gateway?: GatewayInsight) => ({
      token: settings.ADMIN_TOKEN,
      name: 'breakwater',
      version: VERSION,
      explainers: [endpointExplainer(settings, gateway)],
      requestId: (request) => contextOf(request)?.idOf(request),
      ...(clock && { clock }),
      ...(machine && { steer: (order) => machine.steerAll(order) }),
    }),
  });
}
