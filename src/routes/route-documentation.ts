import type { StandardJSONSchemaV1 } from '@standard-schema/spec';
import type { RouteDeclaration } from './route-declaration.js';

/**
 * Where `@nestjs/swagger` looks for what its decorators say. A route says it in their place, so that
 * whoever has that package finds routes in the document, and nobody has to have it.
 */
const OPERATION = 'swagger/apiOperation';
const PARAMETERS = 'swagger/apiParameters';
const RESPONSES = 'swagger/apiResponse';
const TAGS = 'swagger/apiUseTags';

/** Where `@Version()` of Nest notes the version on a handler. */
export const VERSION = '__version__';

/** The tag of routes whose decorators name none. */
const TAG = 'routes';

/** Request headers that OpenAPI describes elsewhere, and ignores among the parameters. */
const DESCRIBED_ELSEWHERE = new Set(['accept', 'content-type', 'authorization']);

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: object;
}

/** A JSON schema, as much of it as is read here. */
interface JsonSchema {
  readonly properties?: Readonly<Record<string, { readonly description?: string }>>;
  readonly required?: readonly string[];
}

/**
 * Describes the handler of a route for `@nestjs/swagger`: parameters by the route's own schema, answers and
 * their headers by what routes do. The decorators of the route come after, and add to it.
 */
export function describeHandler(route: RouteDeclaration, handler: object): void {
  Reflect.defineMetadata(PARAMETERS, parametersOf(route), handler);
  Reflect.defineMetadata(RESPONSES, responsesOf(route), handler);
}

/** Describes what depends on the decorators of a route, once they are applied. */
export function describeController(
  route: RouteDeclaration,
  controller: object,
  handler: object,
): void {
  // Of the controller alone: else its name would be one more tag, or each tag be there twice.
  Reflect.defineMetadata(TAGS, Reflect.getMetadata(TAGS, handler) ?? [TAG], controller);
  Reflect.deleteMetadata(TAGS, handler);
  const parameters = new Map<string, Parameter>();
  for (const each of Reflect.getMetadata(PARAMETERS, handler) as readonly Parameter[]) {
    const identity = `${each.in} ${each.name}`;
    parameters.set(identity, { ...parameters.get(identity), ...each });
  }
  Reflect.defineMetadata(PARAMETERS, [...parameters.values()], handler);
  // Of a handler with versions there are several operations, each with an id of its own.
  if (Reflect.hasMetadata(VERSION, handler)) return;
  const said = Reflect.getMetadata(OPERATION, handler) as object | undefined;
  Reflect.defineMetadata(OPERATION, { operationId: idOf(route.path), ...said }, handler);
}

/** `/shops/:shop/prices` is `get_shops_shop_prices`. */
function idOf(path: string): string {
  return ['get', ...(path.match(/\w+/g) ?? [])].join('_');
}

function parametersOf(route: RouteDeclaration): Parameter[] {
  const { properties = {}, required = [] } = schemaOf(route);
  const inPath = new Set(Array.from(route.path.matchAll(/[:*](\w+)/g), ([, name]) => String(name)));
  const schemas = new Map<string, object>([...inPath].map((name) => [name, { type: 'string' }]));
  for (const [name, schema] of Object.entries(properties)) {
    // What is defined elsewhere in the route's schema has no place in the document.
    schemas.set(name, JSON.stringify(schema).includes('"$ref"') ? {} : schema);
  }
  const parameters = [...schemas].map(([name, whole]): Parameter => {
    const { description, ...schema } = whole as { readonly description?: string };
    return {
      name,
      in: inPath.has(name) ? 'path' : 'query',
      required: inPath.has(name) || required.includes(name),
      ...(description !== undefined && { description }),
      schema,
    };
  });
  const headers = (route.headers ?? []).filter(
    (name) => !DESCRIBED_ELSEWHERE.has(name.toLowerCase()),
  );
  return [
    ...parameters,
    ...headers.map((name): Parameter => {
      return { name, in: 'header', required: false, schema: { type: 'string' } };
    }),
  ];
}

/** What the schema takes, where it can tell; validators that cannot leave the path's parameters alone. */
function schemaOf({ params }: RouteDeclaration): JsonSchema {
  const { jsonSchema } = params['~standard'] as Partial<StandardJSONSchemaV1.Props>;
  try {
    return jsonSchema?.input({ target: 'openapi-3.0' }) ?? {};
  } catch {
    // A part of it has no form in JSON, such as a date.
    return {};
  }
}

const CACHE_STATUS = {
  description: 'How the answer came about (RFC 9211).',
  required: true,
  schema: { type: 'string' },
};
const AGE = {
  description: 'Whole seconds since the backend made the answer, where it comes from the cache.',
  schema: { type: 'integer', minimum: 0 },
};
const COALESCER_NAME = {
  description: 'The coalescer that shares calls of its kind, percent-encoded: for load balancers.',
  schema: { type: 'string' },
};
const RETRY_AFTER = {
  description: 'Seconds until it is worth trying again, where that is known.',
  schema: { type: 'integer', minimum: 1 },
};

const ERROR = {
  'application/json': {
    schema: { type: 'object', required: ['error'], properties: { error: { type: 'string' } } },
  },
};

/** Answers to requests for a part, which are cut from the whole. */
function partsTold(headers: object): Readonly<Record<string, object>> {
  return {
    206: {
      description: 'The part that Range asks for.',
      headers,
      content: { '*/*': { schema: {} } },
    },
    416: { description: 'There is no such part.', headers },
  };
}

function responsesOf(route: RouteDeclaration): Readonly<Record<string, object>> {
  const told = {
    'Cache-Status': CACHE_STATUS,
    Age: AGE,
    ...(route.coalescer && { 'X-Coalescer-Name': COALESCER_NAME }),
  };
  const failed = { 'Cache-Status': CACHE_STATUS };
  const parts = route.freshness === 'http' ? partsTold(told) : {};
  return {
    200: {
      description: "The backend's answer, from the cache or from a call that others may share.",
      headers: told,
      content: { '*/*': { schema: {} } },
    },
    ...parts,
    304: { description: 'The caller has the answer already.', headers: told },
    400: { description: 'The parameters do not fit.', content: ERROR },
    502: {
      description: 'The backend is unavailable, or its answer is broken.',
      headers: failed,
      content: ERROR,
    },
    503: {
      description:
        route.circuit === undefined
          ? 'Too many calls of the backend are in progress.'
          : 'The circuit is open, or too many calls of the backend are in progress.',
      headers: { ...failed, 'Retry-After': RETRY_AFTER },
      content: ERROR,
    },
    504: { description: 'The backend has not answered in time.', headers: failed, content: ERROR },
  };
}
