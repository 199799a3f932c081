import type { StandardSchemaV1 } from '@standard-schema/spec';
import { CACHE_POLICY_OPTIONS } from '../caching/index.js';
import type { CachePolicyOptions, KeyPart } from '../caching/index.js';
import {
  InvalidOptionError,
  OptionReader,
  callback,
  flag,
  listOf,
  oneOf,
  rule,
  text,
  texts,
} from '../ground/index.js';
import type { OptionRule } from '../ground/index.js';

/** A token (RFC 9110, section 5.6.2). */
const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/;

/** What is said to the next server alone, or tells where a message ends (RFC 9110, section 7.6.1). */
const OF_THE_CONNECTION = new Set([
  ...['connection', 'content-length', 'expect', 'host', 'keep-alive', 'te', 'trailer'],
  ...['transfer-encoding', 'upgrade'],
]);

/** Names of request headers that a route may key, and send to its backend. */
export const headerNames: OptionRule = {
  check(value, path, name) {
    texts.check(value, path, name);
    for (const [index, header] of (value as string[]).entries()) {
      const where = `${path}.${name}[${index}]`;
      if (!TOKEN.test(header)) throw new InvalidOptionError(where, header, 'the name of a header');
      const lower = header.toLowerCase();
      if (!OF_THE_CONNECTION.has(lower) && !lower.startsWith('proxy-')) continue;
      const expected =
        "left out: it is about the client's own connection or message, which ends here; the call of the " +
        'backend has its own';
      throw new InvalidOptionError(where, header, expected);
    }
  },
};

/** A decorator for the handler of a route, such as `UseGuards(…)` or `UseInterceptors(…)`. */
export type RouteDecorator = MethodDecorator;

/**
 * An endpoint in one declaration: how a request becomes parameters, a key and a backend's URL, and how
 * long its answers live. Coalescing, caching, stale answers, headers and errors follow from it.
 */
export interface RouteDeclaration<
  Schema extends StandardSchemaV1 = StandardSchemaV1,
  Environment extends object = object,
> extends CachePolicyOptions {
  /** Path of the endpoint, as Nest's `@Get()` takes it; also the name of its cache. */
  readonly path: string;

  /**
   * Validates query and path parameters; any Standard Schema. What it returns is `params` below. What
   * was valid is not validated again while its answer is fresh in memory, unless that takes a promise.
   */
  readonly params: Schema;

  /**
   * What makes two requests the same, as parts: no part can run into the next. It must cover whatever
   * {@link backend} depends on; the path and {@link headers} are covered by themselves.
   */
  key(params: StandardSchemaV1.InferOutput<Schema>): readonly KeyPart[];

  /**
   * Absolute URL to get, made from the parameters and the environment given to the module; see
   * `backendUrl()`. The call carries nothing of the request but what is declared here.
   */
  backend(params: StandardSchemaV1.InferOutput<Schema>, environment: Environment): string;

  /**
   * Name of the coalescer that shares calls of these parameters (by id, region, tenant).
   * @default the default coalescer
   */
  coalescer?(params: StandardSchemaV1.InferOutput<Schema>): string;

  /** What answers to these parameters can be invalidated by. @default nothing but their key */
  tags?(params: StandardSchemaV1.InferOutput<Schema>): readonly string[];

  /**
   * Request headers that the answer may depend on: they are part of the key and sent to the backend.
   * Naming `Authorization` or `Cookie` gives every caller an own entry. Those of the connection or the
   * message's framing (`Connection`, `Host`, `Transfer-Encoding`, …) are refused.
   * @default none
   */
  readonly headers?: readonly string[] | undefined;

  /**
   * Who says how long answers live. `fixed`: the route, by `freshMs` and the other lifetimes. `http`: the
   * answers themselves, as RFC 9111 has it: by `Cache-Control`, `Expires`, `Vary` and `ETag`, with
   * revalidation, ranges and the windows in which they may be stale; an answer is then written while it
   * comes, and all its fields are handed on.
   *
   * @default 'fixed'
   */
  readonly freshness?: 'fixed' | 'http' | undefined;

  /**
   * The lifetimes of the route hold even for an answer whose `Cache-Control` says `no-cache`. Otherwise
   * such an answer is revalidated with the backend before each reuse (RFC 9111, section 5.2.2.4).
   * `max-age` and `Expires` never count: how long an answer lives is the route's to say.
   * @default false
   */
  readonly trustTtl?: boolean | undefined;

  /** Name of the circuit breaker in front of the backend. @default none */
  readonly circuit?: string | undefined;

  /**
   * What becomes of every method but GET and HEAD on the path. `refuse`: 405 with `Allow`; of OPTIONS too,
   * unless CORS has answered it. `leave`: nothing is declared for them, so that controllers of your own can
   * serve them on the same path.
   *
   * @default 'refuse', and 'leave' for a path with a wildcard
   */
  readonly otherMethods?: 'refuse' | 'leave';

  /** Decorators for the handler: guards, interceptors, metadata. @default none */
  readonly use?: readonly RouteDecorator[] | undefined;
}

export const ROUTE_DECLARATION = new OptionReader<RouteDeclaration>(
  {
    ...CACHE_POLICY_OPTIONS.rules,
    path: text,
    params: rule(
      'a schema, of zod or any other Standard Schema',
      (value) => '~standard' in (Object(value) as object),
    ),
    key: callback,
    backend: callback,
    coalescer: callback,
    tags: callback,
    headers: headerNames,
    freshness: oneOf('fixed', 'http'),
    trustTtl: flag,
    circuit: text,
    otherMethods: oneOf('refuse', 'leave'),
    use: listOf(callback),
  },
  (route, path) => {
    CACHE_POLICY_OPTIONS.relations?.(route, path);
    if (route.freshness === 'http') refuseWithHttp(route, path);
  },
);

/** By these a route would say what the answers say. */
const SAID_BY_ANSWERS = [
  ...(['freshMs', 'staleMs', 'staleIfErrorMs', 'negativeMs', 'jitter', 'earlyRefresh'] as const),
  ...(['cacheable', 'trustTtl'] as const),
];

/** What the caller wants of an answer, which is answered here. */
const ANSWERED_HERE = new Set([
  ...['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since', 'if-range', 'range'],
]);

function refuseWithHttp(route: RouteDeclaration, path: string): void {
  for (const name of SAID_BY_ANSWERS) {
    if (route[name] === undefined) continue;
    const expected =
      "left out: with freshness 'http' the answers say whether and how long they live";
    throw new InvalidOptionError(`${path}.${name}`, route[name], expected);
  }
  for (const [index, header] of (route.headers ?? []).entries()) {
    if (!ANSWERED_HERE.has(header.toLowerCase())) continue;
    const expected = "left out: with freshness 'http' it is answered by what is kept";
    throw new InvalidOptionError(`${path}.headers[${index}]`, header, expected);
  }
}

/** Checks what types cannot. @throws InvalidOptionError */
export function checkRoute(route: object): void {
  const { path } = Object(route) as { readonly path?: unknown };
  const where = typeof path === 'string' && path !== '' ? `routes.${path}` : 'routes';
  ROUTE_DECLARATION.demand(route, where, 'path', 'params', 'key', 'backend');
}

/**
 * Checks a declaration, its types against each other too, and freezes it.
 *
 * @throws InvalidOptionError
 *
 * @example
 * export const products = defineRoute({
 *   path: '/products',
 *   params: z.object({ productId: z.string().min(1), fields: csv().optional() }),
 *   key: ({ productId, fields }) => [productId, fields],
 *   backend: ({ productId, fields }, env: { PRODUCT_API_BASE: string }) =>
 *     backendUrl(env.PRODUCT_API_BASE, ['products', productId], { fields }),
 *   freshMs: 10_000,
 * });
 */
export function defineRoute<Schema extends StandardSchemaV1, Environment extends object = object>(
  declaration: RouteDeclaration<Schema, Environment>,
): Readonly<RouteDeclaration<Schema, Environment>> {
  checkRoute(declaration);
  return Object.freeze({ ...declaration });
}

/** The members of a declaration that are the policy of its cache. */
export function policyOf(route: RouteDeclaration): CachePolicyOptions {
  const isOfPolicy = ([name]: [string, unknown]) => Object.hasOwn(CACHE_POLICY_OPTIONS.rules, name);
  return Object.fromEntries(Object.entries(route).filter(isOfPolicy));
}
