import type { OpenAPIObject } from '@nestjs/swagger';
import { RESPONSES, errorContent, headers } from './common-answers.js';
import type { Response, Responses } from './common-answers.js';

type FoundOperation = NonNullable<OpenAPIObject['paths'][string]['get']>;

/** What is said of a route beside its path. */
export interface Operation extends Pick<FoundOperation, 'operationId' | 'tags' | 'parameters'> {
  readonly summary: string;
  readonly description: string;
  readonly responses: Responses;
  /** Whether the service may be without the route. @default false */
  readonly isOptional?: boolean;
}

/** What the routes are grouped by. */
export const TAGS = [
  { name: 'proxy', description: 'What is in front of the backend.' },
  { name: 'health', description: 'For load balancers and orchestrators.' },
  {
    name: 'operators',
    description: 'For who runs it; on `ADMIN_PORT` alone, where that is set.',
  },
  { name: 'documents', description: 'What describes this API.' },
] as const;

/** Whatever the backend has sent, byte for byte. */
const PASSED: Response['content'] = {
  '*/*': { schema: {}, examples: { json: { value: { name: 'Harbour lamp', price: 12 } } } },
};

const REDIRECT: Response = {
  description: "The backend's redirect: it is not followed.",
  content: { '*/*': { schema: {} } },
};

const BACKENDS_OWN: Response = {
  description: "The backend's own 4xx, with its body as it came.",
  content: { '*/*': { schema: {}, examples: { gone: { value: { reason: 'sold out' } } } } },
};

const CIRCUIT = headers('X-Circuit-State');
const CACHE = headers('Cache-Status', 'Age', 'X-Coalescer-Name', 'Cache-Control', 'ETag');
const NOT_KEPT = headers('Cache-Control');
const AS_IT_SAYS = headers('Cache-Control', 'X-Content-Type-Options');

/** One of the answers to any request, with the state of the circuit, which all answers of a route have. */
function withCircuit(response: Response | undefined): Response {
  return { ...response, headers: { ...response?.headers, ...CIRCUIT } };
}

function health(examples: Readonly<Record<string, unknown>>): Response['content'] {
  return {
    'application/json': {
      schema: { $ref: '#/components/schemas/Health' },
      examples: Object.fromEntries(
        Object.entries(examples).map(([name, value]) => [name, { value }]),
      ),
    },
  };
}

const NOTHING_TO_TELL = { info: {}, error: {}, details: {} };

const WELL = {
  circuits: { status: 'up', states: { resource: 'closed' } },
  coalescing: { status: 'up', flights: 0, stuck: 0 },
  caching: { status: 'up', tiers: { memory: { status: 'up' } } },
};

/** Each route of the service, as it stands in the document; a route by declaration has the rest by itself. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  '/api/data/{key}': {
    operationId: 'getData',
    tags: ['proxy'],
    summary: 'One backend call for all who ask at the same time',
    description:
      'Forwards to `/backend/{key}`, coalesced and nothing else: no cache, no circuit breaker, no retry. The query is not forwarded.',
    parameters: [
      {
        name: 'key',
        in: 'path',
        required: true,
        description: 'Any text, percent-encoded; it stays one segment of the path.',
        schema: { type: 'string', minLength: 1 },
        examples: { short: { value: 'lamp' } },
      },
    ],
    responses: {
      200: { description: "The backend's answer, byte for byte.", content: PASSED },
      '3XX': REDIRECT,
      '4XX': BACKENDS_OWN,
      400: {
        description: 'The key is not percent-encoded UTF-8, or the request is malformed.',
        content: errorContent({ undecodable: 'bad request' }),
      },
      404: {
        description: 'The key is empty: the backend is not asked. Or the backend says so.',
        content: errorContent({ empty: 'not found' }),
      },
      414: {
        description: 'The key is too long.',
        headers: NOT_KEPT,
        content: errorContent({ long: 'key too long' }),
      },
      502: {
        description:
          'The backend failed (5xx), is unreachable, or its answer is broken or too large.',
        headers: NOT_KEPT,
        content: errorContent({ failed: 'backend unavailable' }),
      },
      503: {
        description: 'Too many backend calls, or too many bytes of answers, are on their way.',
        headers: headers('Retry-After', 'Cache-Control'),
        content: errorContent({ overloaded: 'overloaded' }),
      },
      504: {
        description: 'The backend has not answered in time.',
        headers: NOT_KEPT,
        content: errorContent({ hanging: 'backend timeout' }),
      },
    },
  },

  '/api/resource': {
    operationId: 'getResource',
    tags: ['proxy'],
    summary: 'A backend call behind a circuit breaker',
    description:
      'Forwards to `/backend/resource`. Consecutive failures open the circuit, which then refuses without asking the backend; after the cooldown one request is the probe that closes it or opens it anew.',
    responses: {
      200: { description: "The backend's answer.", headers: CIRCUIT, content: PASSED },
      '3XX': { ...REDIRECT, headers: CIRCUIT },
      '4XX': { ...BACKENDS_OWN, headers: CIRCUIT },
      400: withCircuit(RESPONSES['BadRequest']),
      405: withCircuit(RESPONSES['MethodNotAllowed']),
      502: {
        description:
          'The backend failed (5xx), is unreachable, gave a broken answer or none in time. Admitted while closed, or as the probe.',
        headers: { ...CIRCUIT, ...NOT_KEPT },
        content: errorContent({ closed: 'backend unavailable', probe: 'backend unavailable' }),
      },
      503: {
        description:
          'Refused: the circuit is open, or half-open with its probe on the way. Or too many bytes of answers are on their way.',
        headers: { ...CIRCUIT, ...headers('Retry-After', 'Cache-Control') },
        content: errorContent({ open: 'circuit open', 'half-open': 'circuit open' }),
      },
    },
  },

  '/products': {
    operationId: 'getProduct',
    tags: ['proxy'],
    summary: 'A product, from the cache or from one backend call for all who ask',
    description:
      'Forwards to `/products/{productId}` of the product API. Fresh answers come from the cache; stale ones stand in while one call refreshes them, and for an error.',
    parameters: [
      {
        name: 'productId',
        in: 'query',
        description: 'The product, as it is called by the product API.',
        examples: { sku: { value: 'SKU123' } },
      },
      {
        name: 'fields',
        in: 'query',
        description: 'The fields to return, separated by commas or repeated; in any order.',
        examples: { two: { value: 'name,price' } },
      },
    ],
    responses: {
      200: { headers: CACHE, content: PASSED },
      304: { headers: CACHE },
      '3XX': { ...REDIRECT, headers: CACHE },
      '4XX': { ...BACKENDS_OWN, headers: CACHE },
      400: { content: errorContent({ missing: 'productId: must be given once' }) },
      502: {
        headers: headers('Cache-Status', 'Cache-Control'),
        content: errorContent({ failed: 'backend unavailable' }),
      },
      503: {
        headers: headers('Cache-Status', 'Retry-After', 'Cache-Control'),
        content: errorContent({ overloaded: 'overloaded' }),
      },
      504: {
        headers: headers('Cache-Status', 'Cache-Control'),
        content: errorContent({ hanging: 'backend timeout' }),
      },
    },
  },

  '/metrics': {
    operationId: 'getMetrics',
    tags: ['operators'],
    isOptional: true,
    summary: 'What the service does, for Prometheus',
    description:
      'Requests, backend calls made and saved, flights, look-ups, circuits, tiers, cluster and process. No key, credential or backend is named. `METRICS=off` removes it.',
    responses: {
      200: {
        description: 'The metrics, in the text format of Prometheus.',
        headers: NOT_KEPT,
        content: { 'text/plain': { schema: { type: 'string' } } },
      },
    },
  },

  '/health': {
    operationId: 'getHealth',
    tags: ['health'],
    summary: 'Whether the service can serve, and how its parts are',
    description:
      'An open circuit, a dead backend, a lost disk or store never make it fail. With `HEALTH_DETAILS=full` it tells names, sizes and reasons as well.',
    responses: {
      200: {
        description: 'It serves.',
        headers: NOT_KEPT,
        content: health({ well: { status: 'ok', info: WELL, error: {}, details: WELL } }),
      },
      503: { description: 'It is about to stop.', headers: NOT_KEPT, content: health({}) },
    },
  },

  '/health/live': {
    operationId: 'getLiveness',
    tags: ['health'],
    summary: 'Whether the process runs',
    description: 'For a liveness probe: 200 until the process has left.',
    responses: {
      200: {
        description: 'It runs.',
        headers: NOT_KEPT,
        content: health({ live: { status: 'ok', ...NOTHING_TO_TELL } }),
      },
    },
  },

  '/health/ready': {
    operationId: 'getReadiness',
    tags: ['health'],
    summary: 'Whether new requests are welcome',
    description: 'For a load balancer: 503 from SIGTERM on.',
    responses: {
      200: {
        description: 'They are.',
        headers: NOT_KEPT,
        content: health({ ready: { status: 'ok', ...NOTHING_TO_TELL } }),
      },
      503: {
        description: 'They are not: it is about to stop.',
        headers: NOT_KEPT,
        content: health({ stopping: { status: 'shutting_down', ...NOTHING_TO_TELL } }),
      },
    },
  },

  '/openapi.json': {
    operationId: 'getOpenApi',
    tags: ['documents'],
    summary: 'This document',
    description: 'OpenAPI 3.1. `API_DOCS=off` removes it, and the page.',
    responses: {
      200: {
        description: 'The document.',
        headers: AS_IT_SAYS,
        content: {
          'application/json': {
            schema: {
              type: 'object',
              required: ['openapi'],
              properties: { openapi: { type: 'string' } },
              additionalProperties: true,
            },
          },
        },
      },
    },
  },

  '/docs': {
    operationId: 'getDocs',
    tags: ['documents'],
    summary: 'This document as a page, to read and to try',
    description: 'Swagger UI. Everything that it loads comes from the service.',
    responses: {
      200: {
        description: 'The page.',
        headers: AS_IT_SAYS,
        content: { 'text/html': { schema: { type: 'string' } } },
      },
    },
  },
};
