import type { OpenAPIObject } from '@nestjs/swagger';
import { TEXT, record, ref } from './admin-schemas.js';
import { errorContent, headers } from './common-answers.js';
import type { Response, Responses } from './common-answers.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Path = Readonly<Record<string, Operation>>;

/** How operators show who they are. */
export const ADMIN_SECURITY = {
  operator: {
    type: 'http',
    scheme: 'bearer',
    description: 'The token that the service has as `ADMIN_TOKEN`.',
  },
} as const;

const OWN = headers('X-Request-Id', 'Cache-Control', 'X-Content-Type-Options');

/** Answers of the operator's API to who is not let in. */
export const ADMIN_RESPONSES: Responses = {
  Unauthorized: {
    description: 'There is no token, or it is another one. Nothing of the state is told.',
    headers: { ...OWN, ...headers('WWW-Authenticate') },
    content: errorContent({ none: 'a token is needed', another: 'not the token' }),
  },
  Forbidden: {
    description: 'A browser sends it on behalf of a page of another origin.',
    headers: OWN,
    content: errorContent({ 'cross-site': 'a request from another site' }),
  },
};

const REFUSED = {
  401: { $ref: '#/components/responses/Unauthorized' },
  403: { $ref: '#/components/responses/Forbidden' },
} as unknown as Responses;

function told(schema: object, description: string, examples?: Record<string, { value: unknown }>) {
  const content = { 'application/json': { schema, ...(examples && { examples }) } };
  return { description, headers: OWN, content };
}

function refused(description: string, texts: Readonly<Record<string, string>>): Response {
  return { description, headers: OWN, content: errorContent(texts) };
}

function operation(
  operationId: string,
  summary: string,
  responses: Responses,
  more: Partial<Operation> = {},
): Operation {
  return {
    ...{ operationId, summary, tags: ['operators'], security: [{ operator: [] }] },
    ...more,
    responses: { ...REFUSED, ...responses } as Operation['responses'],
  };
}

function body(schema: object, examples: Readonly<Record<string, unknown>>) {
  const values = Object.entries(examples).map(([name, value]) => [name, { value }]);
  const content = {
    'application/json': { schema, examples: Object.fromEntries(values) as Record<string, object> },
  };
  return { required: true, content };
}

const BODIES: Responses = {
  413: refused('The body is too large.', { large: 'the body has more than 16384 bytes' }),
  415: refused('The body is no JSON.', { form: 'the body has to be application/json' }),
};

/** The operator's API, path by path. */
export const ADMIN_PATHS: Readonly<Record<string, Path>> = {
  '/admin': {
    get: operation('getSnapshot', 'Everything at a glance', {
      200: told(ref('Snapshot'), 'The state of the process.'),
    }),
  },
  '/admin/stream': {
    get: operation('streamSnapshots', 'The same, once a second, as server-sent events', {
      200: {
        description: 'Events called `snapshot`, whose data is what `/admin` answers.',
        headers: OWN,
        content: { 'text/event-stream': { schema: TEXT } },
      },
    }),
  },
  '/admin/circuits': {
    get: operation('getCircuits', 'The circuits, and why each is as it is', {
      200: told(ref('Circuits'), 'Those that are not closed first.'),
    }),
    post: operation(
      'steerCircuit',
      'Open a circuit by hand, hold it closed, or leave it to itself',
      {
        200: told(ref('Circuit'), 'The circuit as it is now.'),
        400: refused('The body says something else.', {
          action: '"action" has to be one of isolate, force-closed, release',
        }),
        404: refused('There is no such circuit.', { unknown: 'no circuit of this name' }),
        ...BODIES,
      },
      {
        requestBody: body(
          record({
            circuit: TEXT,
            action: { type: 'string', enum: ['isolate', 'force-closed', 'release'] },
          }),
          { isolate: { circuit: 'resource', action: 'isolate' } },
        ),
      },
    ),
  },
  '/admin/flights': {
    get: operation('getFlights', 'The coalescers, and the flights that are under way', {
      200: told(ref('Coalescers'), 'The busiest first.'),
    }),
  },
  '/admin/caches': {
    get: operation('getCaches', 'The caches and their tiers', {
      200: told(ref('Caching'), 'The most asked first.'),
    }),
  },
  '/admin/cluster': {
    get: operation('getCluster', 'The members of the cluster, and the keys that this one leads', {
      200: told({ type: 'object', additionalProperties: true }, 'As this process knows it.'),
      404: refused('There is no `REDIS_URL`.', { alone: 'this application has no ClusterModule' }),
    }),
  },
  '/admin/top': {
    get: operation('getTop', 'The busiest keys and backends of the last minute', {
      200: told(ref('Top'), 'The busiest first.'),
    }),
  },
  '/admin/rules': {
    get: operation('getRules', 'The rules of the gateway, and how their file stands', {
      200: told(ref('Rules'), 'In the order in which they win.'),
      404: refused('The service stands in front of nothing.', {
        none: 'this application has no GatewayModule',
      }),
    }),
  },
  '/admin/explain': {
    get: operation(
      'explain',
      'What would become of a request, or of a key, and why',
      {
        200: told(ref('Explanation'), 'Nothing is called and nothing is changed.'),
        400: refused('The query asks for nothing that can be explained.', {
          nothing:
            'the query has to be one of ?url=…, with &header=Name:value for headers that count and &method=…, ?cache=…&key=… or ?cache=…&keyText=…',
        }),
      },
      {
        parameters: [
          {
            ...{
              name: 'url',
              in: 'query',
              description: 'Path and query of a request, or a whole URL.',
            },
            ...{ schema: TEXT, examples: { product: { value: '/products?productId=SKU123' } } },
          },
          {
            ...{ name: 'header', in: 'query', schema: { type: 'array', items: TEXT } },
            description: 'A header of that request, as `Name:value`; may be given several times.',
          },
          {
            ...{ name: 'method', in: 'query', schema: TEXT },
            description: 'Its method, where that is not GET.',
          },
          { name: 'cache', in: 'query', description: 'The cache of a key.', schema: TEXT },
          { name: 'key', in: 'query', description: 'Text, or a list in JSON.', schema: TEXT },
          {
            ...{ name: 'keyText', in: 'query', schema: TEXT },
            description: 'The text of a key, as this API shows it; in place of `key`.',
          },
        ],
      },
    ),
  },
  '/admin/purge': {
    post: operation(
      'purge',
      'Drop a key, a tag, the answers to a URL, a cache, or all; or have it stale',
      {
        200: told(ref('Purged'), 'It is dropped, or stale.', {
          tag: { value: { purged: { kind: 'tag', tag: 'product:7' }, everywhere: true } },
          soft: {
            value: { purged: { kind: 'tag', tag: 'product:7', soft: true }, everywhere: true },
          },
        }),
        202: told(
          ref('Purged'),
          'It is dropped here; the store of the cluster is told when it is back.',
        ),
        400: refused('The body says something else.', {
          nothing:
            'the body has to be one of {"url": …}, {"cache": …, "key": …}, {"cache": …, "keyText": …}, {"cache": …}, {"tag": …} or {"all": true}',
        }),
        404: refused('There is no such cache, or no route asks a cache for this URL.', {
          uncached: 'a request for this URL asks no cache',
        }),
        ...BODIES,
      },
      { requestBody: body(ref('PurgeOrder'), { tag: { tag: 'product:7' } }) },
    ),
  },
  '/admin/ui': {
    get: {
      ...{ operationId: 'getLivePage', tags: ['operators'] },
      summary: 'The live page; it asks for the token, and has no state in it',
      responses: {
        200: {
          description: 'The page.',
          headers: OWN,
          content: { 'text/html': { schema: TEXT } },
        },
      },
    },
  },
};
