import type { TargetExplainer, TargetExplanation } from '../admin/index.js';
import { backendUrl } from '../backend/index.js';
import type { GatewayInsight } from '../gateway/index.js';
import { pathOfTarget } from '../http/index.js';
import type { Settings } from './config/index.js';
import { isOwnPath } from './own-paths.js';

const DATA = /^\/api\/data\/([^/]+)\/?$/i;
const RESOURCE = /^\/api\/resource\/?$/i;

/** What an endpoint makes of a request, beside what operators are told of every one. */
export interface EndpointExplanation extends TargetExplanation {
  readonly backend?: string;
  readonly notStored?: readonly string[];
}

/** Of what is the service's own by its path, and no endpoint. */
const NOTHING: EndpointExplanation = {
  route: 'none',
  answer: 'It is answered by 404, as the service has no such endpoint.',
};

const NEVER = ['any answer: this route keeps none'];

/**
 * What is said of the endpoints of the service, declared routes aside: of those that it answers itself, of
 * those that call the backend, and of whatever its gateway is for, if it has one.
 */
export function endpointExplainer(
  settings: Settings,
  gateway?: Pick<GatewayInsight, 'explain'>,
): TargetExplainer {
  return {
    explain(asked) {
      const { target } = asked;
      if (gateway !== undefined && !isOwnPath(target, settings.PROXY_OWN_ROUTES)) {
        return gateway.explain(asked);
      }
      const own = ownEndpoint(target, settings);
      if (own === undefined) {
        const told = backendEndpoint(target, settings);
        const isRoute = /^\/products\/?$/i.test(pathOfTarget(target));
        return gateway === undefined || isRoute ? told : (told ?? NOTHING);
      }
      return { route: own.route, answer: answerOf(own, asked.method ?? 'GET', settings) };
    },
  };
}

function answerOf(own: OwnEndpoint, method: string, { ADMIN_PORT }: Settings): string {
  const { route, acts, isForOperators } = own;
  const reads = method === 'GET' || method === 'HEAD';
  if (!reads && !acts) return `It is refused by 405, as ${route} has GET and HEAD alone.`;
  const port = isForOperators ? `, on ADMIN_PORT (${ADMIN_PORT}) alone` : '';
  return `It is answered by the service itself${port}.`;
}

function backendEndpoint(
  target: string,
  { BACKEND_URL }: Settings,
): EndpointExplanation | undefined {
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
}

/** An endpoint that tells of the service itself, and calls nobody. */
export interface OwnEndpoint {
  readonly route: string;
  /** Whether it has other methods than GET and HEAD. */
  readonly acts: boolean;
  /** It is found on the port of operators alone. */
  readonly isForOperators: boolean;
}

const OWN: readonly {
  readonly route: string;
  readonly path: RegExp;
  readonly isServed: (settings: Settings) => boolean;
  readonly acts?: true;
  readonly isForOperators?: true;
}[] = [
  {
    route: '/health',
    path: /^\/health(?:\/(?:live|ready))?\/?$/i,
    isServed: () => true,
  },
  {
    route: '/metrics',
    path: /^\/metrics\/?$/i,
    isServed: ({ METRICS }) => METRICS === 'on',
    isForOperators: true,
  },
  {
    route: '/docs',
    path: /^\/(?:openapi\.json|docs(?:\/[^/]+)?)\/?$/i,
    isServed: ({ API_DOCS }) => API_DOCS === 'on',
  },
  {
    route: '/admin',
    path: /^\/admin(?:\/|$)/i,
    isServed: ({ ADMIN_TOKEN }) => ADMIN_TOKEN !== undefined,
    acts: true,
    isForOperators: true,
  },
];

/** The endpoint of the service itself that has the target's path; `undefined` where none has it. */
export function ownEndpoint(target: string, settings: Settings): OwnEndpoint | undefined {
  const path = pathOfTarget(target);
  const own = OWN.find((each) => each.path.test(path) && each.isServed(settings));
  if (own === undefined) return undefined;
  const { route, acts = false, isForOperators = false } = own;
  return { route, acts, isForOperators: isForOperators && settings.ADMIN_PORT !== undefined };
}
