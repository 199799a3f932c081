import { Inject, Injectable, Optional } from '@nestjs/common';
import { BackendClient, BackendUnavailableError } from '../backend/index.js';
import type { BackendAnswer, CallIds } from '../backend/index.js';
import { CachingService, InvalidCacheKeyError, PreparedKey } from '../caching/index.js';
import type { KeyPart, LoadContext, LoadOutcome, NamedCache } from '../caching/index.js';
import { CircuitBreakerService } from '../circuit-breaker/index.js';
import { CoalescingService } from '../coalescing/index.js';
import type { Coalescer } from '../coalescing/index.js';
import { InvalidOptionError } from '../ground/index.js';
import type { FlightRole } from '../http/index.js';
import { CLIENT_CONDITIONS, cacheStatus } from '../http-cache/index.js';
import { demandImported } from '../module-options/index.js';
import { outcomeOf } from './answer-outcome.js';
import { conditionsOf } from './conditions.js';
import { policyOf } from './route-declaration.js';
import type { RouteDeclaration } from './route-declaration.js';
import { cacheStatusOf } from './route-reply.js';
import type { RouteReply } from './route-reply.js';
import { RouteHeaders } from './route-request.js';
import { ROUTES_ENVIRONMENT } from './routes.module-definition.js';

/** What a route is asked. */
export interface RouteRequest {
  /** Validated parameters. */
  readonly params: unknown;
  /** Header fields of the request, names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Aborts when the caller leaves. */
  readonly signal: AbortSignal;
  /** Is told of the call that is made for this request, or that it shares. */
  readonly notes?: CallNotes | undefined;
}

/** Where it is noted what a call of the backend is known by. Of one that has failed the error knows it. */
export interface CallNotes {
  /** `led` for who has begun the flight, in front of a caller or behind a stale answer. */
  flight?: FlightRole | undefined;
  call?: Pick<CallIds, 'flightId' | 'traceId' | 'backendMs'> | undefined;
}

/** One call of a route's backend. */
interface RouteCall {
  /** Header fields beside those of every call. */
  readonly sent: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Told when it is made. */
  readonly begun: (call: CallIds) => void;
  /** The `traceparent` that it goes on with. @default one among those that are sent */
  readonly parent?: string | string[] | undefined;
}

const TRACEPARENT = 'traceparent';

function note(call: CallIds, notes: CallNotes | undefined): void {
  if (notes) notes.call = call;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Answers routes: composes cache, coalescer, circuit and backend as a declaration says. */
@Injectable()
export class RouteResponder {
  private readonly caching: CachingService;
  private readonly coalescing: CoalescingService;
  private readonly circuits: CircuitBreakerService;
  private readonly backend: BackendClient;
  private readonly served = new Map<RouteDeclaration, NamedCache>();

  /** @throws Error that says which module is missing */
  constructor(
    @Optional() @Inject(CachingService) caching: CachingService | undefined,
    @Optional() @Inject(CoalescingService) coalescing: CoalescingService | undefined,
    @Optional() @Inject(CircuitBreakerService) circuits: CircuitBreakerService | undefined,
    @Optional() @Inject(BackendClient) backend: BackendClient | undefined,
    @Inject(ROUTES_ENVIRONMENT) private readonly environment: object,
  ) {
    const demand = <Service>(service: Service | undefined, name: string, call: string): Service =>
      demandImported(service, 'RoutesModule.forRoot() composes others', name, call);
    this.coalescing = demand(coalescing, 'CoalescingService', 'CoalescingModule.forRoot()');
    this.caching = demand(caching, 'CachingService', 'CachingModule.forRoot()');
    this.circuits = demand(circuits, 'CircuitBreakerService', 'CircuitBreakerModule.forRoot()');
    this.backend = demand(backend, 'BackendClient', 'BackendModule.forRoot()');
  }

  /** The cache of a route, made with the declaration's policy. */
  cacheOf(route: RouteDeclaration): NamedCache {
    return (
      this.served.get(route) ?? this.keep(route, this.caching.cache(route.path, policyOf(route)))
    );
  }

  /** @internal Notes the cache of a route that is served. */
  keep(route: RouteDeclaration, cache: NamedCache): NamedCache {
    this.served.set(route, cache);
    return cache;
  }

  /** The routes that have a cache by {@link cacheOf}: all that are served. */
  routes(): readonly RouteDeclaration[] {
    return [...this.served.keys()];
  }

  /**
   * Answers one request. A caller whose `Authorization` or `Cookie` the route does not key gets a call
   * of its own, which neither takes from the cache nor puts anything into it. It is counted as a flight
   * of the route's coalescer, and refused where that has no room. Of a route with `freshness: 'http'`
   * there is no such reply: it is written as it comes.
   *
   * @throws what the backend client, the circuit or the coalescer throw, if nothing stale may stand in
   */
  async answer(
    route: RouteDeclaration,
    cache: NamedCache,
    request: RouteRequest,
  ): Promise<RouteReply> {
    const headers = RouteHeaders.of(route.headers ?? [], request.headers);
    const { params, signal, notes } = request;
    const coalescer = route.coalescer && nameOf(route, route.coalescer(params));
    const flights =
      coalescer === undefined ? undefined : this.coalescing.coalescer(coalescer, route.path);
    if (headers.personal) {
      cache.passedBy();
      return this.bypass(route, headers, request, flights ?? this.coalescing);
    }
    const key = [...keyOf(route, params), headers.values];
    // Said beforehand, so that an invalidation ends the flight and need not wait for what it brings.
    const tags = tagsOf(route, params, coalescer);
    const load = (context: LoadContext<BackendAnswer>) =>
      this.load(route, headers, request, context);
    const backend = () => hostOf(route.backend(params, this.environment));
    const asked = { signal, coalescer: flights, tags, backend };
    const result = await cache.lookUp(key, load, asked);
    const { served, tier, value: answer } = result;
    if (notes && served === 'collapsed') notes.flight ??= 'joined';
    if (result.note !== undefined) note(result.note as CallIds, notes);
    const fromCache = served === 'hit' || served === 'stale';
    const isHot = served === 'hit' && tier === 'memory' && headers.names.size === 0;
    const cacheStatus = cacheStatusOf(result, headers.names);
    // One after the other: spreads of what may be there take microseconds on Node 20.
    const reply: Writable<RouteReply> = { answer, served, cacheStatus };
    if (coalescer !== undefined) reply.coalescer = coalescer;
    if (isHot) reply.hotKey = PreparedKey.of(key);
    if (fromCache) reply.ageSeconds = Math.floor(result.ageMs / 1_000);
    return reply;
  }

  /**
   * Drops every answer that the coalescer `name` of a route has brought, in all processes of a cluster;
   * what is on its way is not kept, and nobody who asks from now on gets it. Resolves when the tiers
   * below memory have dropped theirs: to `false` where the store of a cluster did not take it yet, which
   * is tried again and again. Never rejects.
   */
  purge(route: RouteDeclaration, name: string): Promise<boolean> {
    return this.caching.invalidateTag(tagOf(nameOf(route, name)));
  }

  private async bypass(
    route: RouteDeclaration,
    headers: RouteHeaders,
    { params, headers: fields, signal, notes }: RouteRequest,
    flights: Pick<Coalescer, 'runAlone'>,
  ): Promise<RouteReply> {
    const { sent } = headers;
    // One caller's call: it goes on with the trace of the request.
    const parent = fields[TRACEPARENT];
    const begun = (call: CallIds): void => note(call, notes);
    if (notes) notes.flight = 'led';
    const answer = await flights.runAlone(
      (flight) => this.call(route, params, { sent, signal: flight.signal, begun, parent }),
      { signal },
    );
    const status = cacheStatus({ fwd: 'bypass', fwdStatus: answer.status });
    return { answer, served: 'bypass', cacheStatus: status };
  }

  /** Loads what the cache lacks. */
  private async load(
    route: RouteDeclaration,
    headers: RouteHeaders,
    { params, notes }: RouteRequest,
    context: LoadContext<BackendAnswer>,
  ): Promise<LoadOutcome<BackendAnswer>> {
    const { signal } = context;
    if (notes) notes.flight = 'led';
    const conditions = conditionsOf(context.previous, headers.names);
    const sent = conditions ? { ...headers.sent, ...conditions } : headers.sent;
    const begun = (call: CallIds): void => {
      context.note(call);
      note(call, notes);
    };
    const answer = await this.call(route, params, { sent, signal, begun });
    return outcomeOf(answer, headers.names, route.tags?.(params) ?? [], {
      previous: conditions && context.previous,
      elapsedMs: context.elapsedMs,
      trustTtl: route.trustTtl,
    });
  }

  private call(
    route: RouteDeclaration,
    params: unknown,
    { sent, signal, begun, parent = sent[TRACEPARENT] }: RouteCall,
  ): Promise<BackendAnswer> {
    const url = route.backend(params, this.environment);
    // A call that the circuit refuses is none, and has no ids.
    const get = async () => {
      const ids = this.backend.newCall(parent);
      begun(ids);
      return askedFor(await this.backend.get(url, signal, sent, ids), sent, ids);
    };
    return route.circuit === undefined
      ? get()
      : this.circuits.circuit(route.circuit).execute(get, { signal });
  }
}

/** Nobody can tell what a 304 speaks of where no condition was sent: it is no answer. */
function askedFor(answer: BackendAnswer, sent: RouteCall['sent'], call: CallIds): BackendAnswer {
  if (answer.status !== 304) return answer;
  const isAsked = Object.keys(sent).some((name) => CLIENT_CONDITIONS.has(name.toLowerCase()));
  if (!isAsked) {
    throw new BackendUnavailableError('status 304, which was not asked for', undefined, call);
  }
  return answer;
}

/** Scheme and host alone: the rest of a URL may be a secret. Paths are of the one at the base URL. */
function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : 'the backend';
}

/** The parts of the key that `params` have, as the route says. */
export function keyOf(route: RouteDeclaration, params: unknown): readonly KeyPart[] {
  const key: unknown = route.key(params);
  if (Array.isArray(key)) return key as KeyPart[];
  const found = `${key === null ? 'null' : typeof key} from the key function of route ${route.path}`;
  throw new InvalidCacheKeyError(found, "of a route is a list of parts such as ['user', id]");
}

/** Coalescers of different routes are different ones, whatever the routes call them. */
export function nameOf({ path }: RouteDeclaration, name: string): string {
  if (typeof name !== 'string') {
    throw new InvalidOptionError(`routes.${path}.coalescer`, name, 'a function that gives text');
  }
  return `${path}:${name}`;
}

/** What an answer to these parameters can be invalidated by, beside its key. */
export function tagsOf(
  route: RouteDeclaration,
  params: unknown,
  coalescer: string | undefined,
): readonly string[] {
  const tags = route.tags?.(params) ?? [];
  return coalescer === undefined ? tags : [tagOf(coalescer), ...tags];
}

/** By which everything is dropped that a coalescer has brought. */
export function tagOf(coalescer: string): string {
  return `coalescer:${coalescer}`;
}
