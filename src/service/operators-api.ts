import { createRequire } from 'node:module';
import type { DynamicModule } from '@nestjs/common';
import { AdminModule } from '../admin/index.js';
import type { TargetExplainer, TargetExplanation } from '../admin/index.js';
import { backendUrl } from '../backend/index.js';
import type { Clock } from '../ground/index.js';
import { contextOf, pathOfTarget } from '../http/index.js';
import type { Settings } from './config/index.js';

const { version } = createRequire(import.meta.url)('breakwater/package.json') as {
  readonly version: string;
};

const DATA = /^\/api\/data\/([^/]+)\/?$/i;
const RESOURCE = /^\/api\/resource\/?$/i;

/** What is said of the endpoints that are no declared routes. */
function endpoints({ BACKEND_URL }: Settings): TargetExplainer {
  return {
    explain({ target }): EndpointExplanation | undefined {
      const path = pathOfTarget(target);
      if (RESOURCE.test(path)) {
        const backend = backendUrl(BACKEND_URL, ['backend', 'resource']);
        return { route: '/api/resource', circuit: 'resource', backend, notStored: NEVER };
      }
      const [, segment] = DATA.exec(path) ?? [];
      if (segment === undefined) return undefined;
      const route = '/api/data/:key';
      try {
        const key = decodeURIComponent(segment);
        const backend = backendUrl(BACKEND_URL, ['backend', key]);
        return { route, coalescer: 'data', keyText: key, backend, notStored: NEVER };
      } catch {
        return { route, refused: ['the key is not percent-encoded UTF-8'] };
      }
    },
  };
}

interface EndpointExplanation extends TargetExplanation {
  readonly backend?: string;
  readonly notStored?: readonly string[];
}

const NEVER = ['any answer: this route keeps none'];

/** The operator's API of the service, for settings with an `ADMIN_TOKEN`. */
export function operatorsApi(settings: Settings, clock?: Clock): DynamicModule {
  return AdminModule.forRoot({
    token: settings.ADMIN_TOKEN,
    name: 'breakwater',
    version,
    explainers: [endpoints(settings)],
    requestId: (request) => contextOf(request)?.idOf(request),
    ...(clock && { clock }),
  });
}
