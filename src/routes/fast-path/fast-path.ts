import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost } from '@nestjs/core';
import { LRUCache } from 'lru-cache';
import { LogEvent } from '../../ground/index.js';
import type { BackendAnswer } from '../../backend/index.js';
import type { CacheResult, NamedCache, PreparedKey } from '../../caching/index.js';
import {
  answerBefore,
  countListeners,
  hasHost,
  hasRoomFor,
  rawRequest,
  writeBare,
} from '../../http/index.js';
import type { AdapterRequest, HitListener, HitObserver, PreparedAnswer } from '../../http/index.js';
import { isConditional, isNotModified, notModified } from '../conditions.js';
import type { RouteDeclaration } from '../route-declaration.js';
import { cacheStatusOf, prepareReply } from '../route-reply.js';
import { ROUTES_OPTIONS } from '../routes.module-definition.js';
import type { RoutesModuleOptions } from '../routes.options.js';
import { isStraight } from './is-straight.js';
import { lookAtFastify } from './straight-on-fastify.js';

/** A request that its route has answered from memory, and what nothing but its target has led to. */
export interface AnsweredFromMemory extends HotAnswer {
  /** As its adapter hands it out. */
  readonly request: AdapterRequest;
}

/**
 * The short way of a hit. What a request target came to is remembered when memory has answered it; the
 * next request for it needs neither parsing nor validation. With the option `fastPath` it does not go
 * through the framework either: it is answered as soon as its head is read.
 *
 * Only GET requests that say nothing of the caller take it, only while the answer is fresh in memory,
 * and only to routes on whose way there is nobody else.
 */
@Injectable()
export class FastPath implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly targets = new HotTargets();
  private readonly logger = new Logger('FastPath');
  private readonly observer: HitObserver | undefined;
  private readonly listeners: HitListener[] = [];
  private open = false;

  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly application: ApplicationConfig,
    @Inject(ROUTES_OPTIONS) private readonly options: RoutesModuleOptions,
  ) {
    const { fastPath } = options;
    this.observer = typeof fastPath === 'object' ? fastPath : undefined;
  }

  /** Tells `listener`, who must not throw, of each hit that is answered before the framework. */
  onHit(listener: HitListener): void {
    this.listeners.push(listener);
  }

  /** What memory holds fresh for a request which has come to `route`, with these parameters. */
  hit(
    route: RouteDeclaration,
    request: IncomingMessage,
    params: PathParameters,
  ): PreparedHit | undefined {
    if (!isAnonymous(request)) return undefined;
    const hot = this.targets.find(request.url ?? '');
    return hot?.isOf(route, params) ? hot.hit(request.headers) : undefined;
  }

  /**
   * Remembers what a request has come to, unless somebody was on its way: whoever that is may have
   * prepared what the key, the coalescer or the schema look at beside their parameters.
   */
  learn({ request, ...answered }: AnsweredFromMemory): void {
    if (answered.route.use !== undefined || this.isGuarded()) return;
    if (!isStraight(request, this.adapterHost.httpAdapter)) return;
    const hot = new HotTarget(answered, this.observer ? [this.observer.header] : []);
    this.targets.learn(rawRequest(request).url ?? '', hot);
  }

  async onApplicationBootstrap(): Promise<void> {
    const { httpAdapter } = this.adapterHost;
    // None in an application without HTTP, and none while it has no server.
    const server = (
      httpAdapter as Partial<HttpAdapterHost['httpAdapter']> | undefined
    )?.getHttpServer?.() as Server | undefined;
    if (server === undefined) return;
    this.stand(server);
    // Where it cannot be looked at, nothing is remembered.
    if (httpAdapter.getType() === 'fastify')
      await lookAtFastify(httpAdapter).catch(() => undefined);
  }

  private stand(server: Server): void {
    const { fastPath = false } = this.options;
    if (fastPath === false) return;
    if (!this.observer && countListeners(server) > 1) {
      const words = 'The fast path stays closed: who listens to the server would miss its hits';
      this.logger.warn(new LogEvent('fast-path.closed', words));
      return;
    }
    this.open = true;
    answerBefore(server, (request, response) => this.answer(request, response));
  }

  /** From the signal to stop on, every answer has to close its connection: the framework's way. */
  onModuleDestroy(): void {
    this.open = false;
  }

  private answer(request: IncomingMessage, response: ServerResponse): boolean {
    if (!this.open || request.method !== 'GET') return false;
    const target = this.targets.find(request.url ?? '');
    if (target === undefined || !isPlain(request)) return false;
    const hit = target.hit(request.headers);
    // What is to be refused, the framework refuses.
    if (hit === undefined || !hasRoomFor(response, hit.body)) return false;
    const { observer } = this;
    const id = observer?.idOf(request);
    if (id !== undefined) hit.fields[1] = id;
    writeBare(response, hit.status, hit.fields, hit.body);
    if (id !== undefined) observer?.answered(request, id, hit.status, target.path);
    for (const listener of this.listeners) listener(request, target.path, hit.status);
    return true;
  }

  /** Whether Nest has something to do before any handler is called, or while it looks for one. */
  private isGuarded(): boolean {
    const { application } = this;
    if (application.getVersioning() !== undefined) return true;
    return [
      application.getGlobalGuards(),
      application.getGlobalRequestGuards(),
      application.getGlobalInterceptors(),
      application.getGlobalRequestInterceptors(),
      preRequestHooksOf(application),
    ].some((bound) => bound.length > 0);
  }
}

/** Nest 11 has none. */
function preRequestHooksOf(application: Partial<ApplicationConfig>): readonly unknown[] {
  return application.getGlobalPreRequestHooks?.() ?? [];
}

/** The request tells nothing of who the caller is. */
function isAnonymous({ headers }: IncomingMessage): boolean {
  return headers.authorization === undefined && headers.cookie === undefined;
}

/** A request that is nothing but its target, as most are; the others are the framework's. */
function isPlain(request: IncomingMessage): boolean {
  const { headers } = request;
  return (
    isAnonymous(request) &&
    hasHost(request) &&
    headers['content-length'] === undefined &&
    headers['transfer-encoding'] === undefined
  );
}

/** A hit as it is written: prepared once, and the same for all who ask within the second. */
export interface PreparedHit extends PreparedAnswer {
  /** Where the fields begin that are the same for all; those before are for each request to set. */
  readonly ownFrom: number;
}

/** A hit, and what it was prepared from. */
interface OwnHit extends PreparedHit {
  readonly answer: BackendAnswer;
  readonly ageSeconds: number;
  readonly ttlSeconds: number;
  /** In its place for who has the answer already, once somebody had. */
  notModified?: PreparedHit;
}

/** Parameters of a path by name. */
export type PathParameters = Readonly<Record<string, unknown>>;

/** What a request that was answered from memory came to. */
export interface HotAnswer {
  readonly route: RouteDeclaration;
  readonly params: PathParameters;
  readonly cache: NamedCache;
  readonly key: PreparedKey;
  readonly coalescer: string | undefined;
}

/** A request target that was answered from memory before, with what it came to. */
export class HotTarget {
  /** The route's. */
  readonly path: string;
  private readonly learnt: HotAnswer;
  /** Weak: thousands of targets would keep alive what memory has long dropped. */
  private prepared?: WeakRef<OwnHit>;

  constructor(
    learnt: HotAnswer,
    /** Names of the fields whose values are each request's own. */
    private readonly personal: readonly string[],
  ) {
    this.path = learnt.route.path;
    this.learnt = { ...learnt, params: { ...learnt.params } };
  }

  /**
   * Whether a request for this target has come to the same: another version of the route may have its
   * path, and a guard may have given it other parameters.
   */
  isOf(route: RouteDeclaration, params: PathParameters): boolean {
    return route === this.learnt.route && isSame(params, this.learnt.params);
  }

  /**
   * The reply to a request of these header fields as it is written, while memory holds it fresh: a 304,
   * where they say that the caller has it already.
   */
  hit(headers: IncomingHttpHeaders = {}): PreparedHit | undefined {
    const result = this.learnt.cache.peek<BackendAnswer>(this.learnt.key);
    if (result === undefined) return undefined;
    const ageSeconds = Math.floor(result.ageMs / 1_000);
    const ttlSeconds = Math.floor(result.ttlMs / 1_000);
    let ready = this.prepared?.deref();
    if (
      ready?.answer !== result.value ||
      ready.ageSeconds !== ageSeconds ||
      ready.ttlSeconds !== ttlSeconds
    ) {
      const { value: answer } = result;
      ready = { ...this.prepare(answer, result, ageSeconds), answer, ageSeconds, ttlSeconds };
      this.prepared = new WeakRef(ready);
    }
    if (!isConditional(headers) || !isNotModified(ready.answer, headers)) return ready;
    return (ready.notModified ??= this.prepare(notModified(ready.answer), result, ageSeconds));
  }

  private prepare(
    answer: BackendAnswer,
    result: CacheResult<BackendAnswer>,
    ageSeconds: number,
  ): PreparedHit {
    const { coalescer } = this.learnt;
    const first = this.personal.flatMap((name) => [name, '']);
    const reply = { answer, ageSeconds, coalescer, cacheStatus: cacheStatusOf(result) };
    return { ...prepareReply(reply, first), ownFrom: first.length };
  }
}

function isSame(some: PathParameters, others: PathParameters): boolean {
  for (const name in some) if (some[name] !== others[name]) return false;
  for (const name in others) if (!(name in some)) return false;
  return true;
}

/** Most targets that are remembered; the least recently asked for go first. */
const MAX_TARGETS = 10_000;

/** Longer targets are looked at anew each time: what is remembered stays within megabytes. */
const MAX_TARGET_LENGTH = 512;

/**
 * Request targets that memory has answered. A target decides the parameters, and with them the key, of
 * a route that covers no header: so it is enough to find the answer again.
 */
export class HotTargets {
  private readonly targets = new LRUCache<string, HotTarget>({ max: MAX_TARGETS });

  /** What was learnt of `target`. */
  find(target: string): HotTarget | undefined {
    return this.targets.get(target);
  }

  /** Remembers what a request for `target` came to. */
  learn(target: string, hot: HotTarget): void {
    if (target.length <= MAX_TARGET_LENGTH) this.targets.set(target, hot);
  }
}
