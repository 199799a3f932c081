import { Inject, Injectable } from '@nestjs/common';
import { keyText, resolveCachePolicy } from '../caching/index.js';
import type { CachePolicy } from '../caching/index.js';
import { pathOfTarget } from '../http/index.js';
import { httpCacheOf, httpKeyOf } from './http-routes.js';
import { policyOf } from './route-declaration.js';
import type { RouteDeclaration } from './route-declaration.js';
import {
  InvalidParametersError,
  RouteHeaders,
  requestParameters,
  validateParameters,
} from './route-request.js';
import { RouteResponder, keyOf, nameOf, tagsOf } from './route-responder.service.js';
import { ROUTES_ENVIRONMENT } from './routes.module-definition.js';

/** A request that is not made. */
export interface HypotheticalRequest {
  /** Path and query, as they stand in a request's first line. */
  readonly target: string;
  /** Header fields, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What a route would make of a request. */
export interface RouteExplanation {
  /** Path of the route, as it is declared. */
  readonly route: string;
  /** Why the request would be refused by 400; then there is nothing more to tell. */
  readonly refused?: readonly string[];
  readonly params?: unknown;
  /** Name of the cache, and the text of the key in it. */
  readonly cache?: string;
  readonly keyText?: string;
  /** Why the cache would not be asked, where it would not. */
  readonly bypass?: string;
  /** Name of the coalescer that the route names. */
  readonly coalescer?: string;
  readonly tags?: readonly string[];
  /** URL of the backend, without anything that stands before its host. */
  readonly backend?: string;
  /** Name of the circuit in front of the backend. */
  readonly circuit?: string;
  /** Where the answers themselves say how long they live. */
  readonly freshness?: 'http';
  /** How long answers live, in milliseconds, where the route says it. */
  readonly lifetimes?: Pick<CachePolicy, 'freshMs' | 'staleMs' | 'staleIfErrorMs' | 'negativeMs'>;
  /** What would keep an answer from being stored. */
  readonly notStored?: readonly string[];
}

/**
 * Says what `route` would make of a request, without making it: nobody is asked, but for what the schema of
 * the route itself asks.
 *
 * @param policy of its cache. @default what the route says, in an application that says nothing
 * @returns `undefined` where the path is not the route's, or is declared by an expression that is not read here
 */
export async function explainRoute(
  route: RouteDeclaration,
  environment: object,
  { target, headers: fields }: HypotheticalRequest,
  policy: CachePolicy = resolveCachePolicy(policyOf(route), `routes.${route.path}`),
): Promise<RouteExplanation | undefined> {
  const found = pathParameters(route.path, pathOfTarget(target));
  if (found === undefined) return undefined;
  const { path, circuit } = route;
  let params: unknown;
  try {
    params = await validateParameters(route.params, requestParameters(target, found));
  } catch (error) {
    if (!(error instanceof InvalidParametersError)) throw error;
    return { route: path, refused: error.problems };
  }
  const headers = RouteHeaders.of(route.headers ?? [], fields);
  const coalescer = route.coalescer && nameOf(route, route.coalescer(params));
  const { freshMs, staleMs, staleIfErrorMs, negativeMs, maxEntryBytes } = policy;
  const isHttp = route.freshness === 'http';
  return {
    ...{ route: path, params },
    ...(isHttp
      ? {
          freshness: 'http',
          cache: httpCacheOf(route),
          keyText: keyText(httpKeyOf(route, params, headers)),
        }
      : { cache: path, keyText: keyText([...keyOf(route, params), headers.values]) }),
    ...(headers.personal &&
      !isHttp && {
        bypass: 'the request has Authorization or Cookie, which the key does not cover',
      }),
    ...(coalescer !== undefined && { coalescer }),
    tags: tagsOf(route, params, coalescer),
    backend: withoutCredentials(route.backend(params, environment)),
    ...(circuit !== undefined && { circuit }),
    ...(!isHttp && { lifetimes: { freshMs, staleMs, staleIfErrorMs, negativeMs } }),
    notStored: isHttp
      ? httpObstacles(headers, maxEntryBytes)
      : obstacles(route, headers, maxEntryBytes, negativeMs),
  };
}

/** {@link explainRoute} for all routes of an application. */
@Injectable()
export class RouteExplainer {
  constructor(
    private readonly responder: RouteResponder,
    @Inject(ROUTES_ENVIRONMENT) private readonly environment: object,
  ) {}

  /** `undefined` where no route has the path. */
  async explain(request: HypotheticalRequest): Promise<RouteExplanation | undefined> {
    for (const route of this.responder.routes()) {
      const { policy } = this.responder.cacheOf(route);
      const explanation = await explainRoute(route, this.environment, request, policy);
      if (explanation !== undefined) return explanation;
    }
    return undefined;
  }
}

function obstacles(
  { trustTtl = false, cacheable }: RouteDeclaration,
  { names, personal }: RouteHeaders,
  maxEntryBytes: number,
  negativeMs: number,
): string[] {
  const covered = ['Accept-Encoding', ...names].join(', ');
  return [
    ...(personal ? ['this request, which is answered by a call of its own'] : []),
    'Cache-Control: private or no-store',
    ...(trustTtl ? [] : ['Cache-Control: no-cache without ETag or Last-Modified']),
    'Set-Cookie',
    `a Vary that names more than ${covered}`,
    negativeMs > 0
      ? 'a status that is neither 2xx nor 404 nor 410, or is 206'
      : 'a status that is not 2xx, or is 206',
    `more than ${maxEntryBytes} bytes`,
    ...(cacheable ? ['what the option cacheable refuses'] : []),
  ];
}

/** What keeps an answer that says how long it lives from being kept for others. */
function httpObstacles({ personal }: RouteHeaders, maxEntryBytes: number): string[] {
  return [
    ...(personal ? ['this request, unless the answer says that it is for everybody'] : []),
    'Cache-Control: private or no-store',
    'Set-Cookie, unless the answer says that it is for everybody',
    'Vary: *',
    'neither a lifetime nor a validator',
    '206, or a body that breaks off',
    `a body of more than ${maxEntryBytes} bytes`,
  ];
}

/** What only an expression could tell: optional parts, groups, quantifiers. */
const EXPRESSION = /[(){}?+!\\[\]]/;

/**
 * The parameters that a path has by a route's; `undefined` where it has not its form. Matches as Express does
 * by default: in any case, and with or without a slash behind.
 */
export function pathParameters(
  pattern: string,
  path: string,
): Readonly<Record<string, string>> | undefined {
  if (EXPRESSION.test(pattern)) return undefined;
  const parts = segmentsOf(pattern);
  const segments = segmentsOf(path);
  const parameters: Record<string, string> = {};
  for (const [at, part] of parts.entries()) {
    if (part.startsWith('*')) {
      const rest = segments.slice(at);
      if (rest.length === 0) return undefined;
      parameters[part.slice(1) || '0'] = rest.join('/');
      return parameters;
    }
    const segment = segments[at];
    if (segment === undefined) return undefined;
    if (part.startsWith(':')) {
      const value = decoded(segment);
      if (value === undefined) return undefined;
      parameters[part.slice(1)] = value;
    } else if (part.toLowerCase() !== segment.toLowerCase()) return undefined;
  }
  return segments.length === parts.length ? parameters : undefined;
}

function segmentsOf(path: string): string[] {
  return path.replace(/^\//, '').replace(/\/$/, '').split('/');
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

function withoutCredentials(url: string): string {
  return url.replace(/^([a-z][a-z\d+.-]*:\/\/)[^/?#]*@/i, '$1');
}
