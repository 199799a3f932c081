import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost } from '@nestjs/core';
import { hasRoomFor } from '../../backend/index.js';
import { answerBefore, countListeners, hasHost, writeBare } from '../../http/index.js';
import type { RouteDeclaration } from '../route-declaration.js';
import type { HitObserver, RoutesModuleOptions } from '../routes.options.js';
import { ROUTES_OPTIONS } from '../routes.module-definition.js';
import { HotTarget, HotTargets } from './hot-targets.js';
import type { HotAnswer, PathParameters, PreparedHit } from './hot-targets.js';
import { isStraight } from './is-straight.js';

/** A request that its route has answered from memory, and what nothing but its target has led to. */
export interface AnsweredFromMemory extends HotAnswer {
  readonly request: IncomingMessage;
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
  private open = false;

  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly application: ApplicationConfig,
    @Inject(ROUTES_OPTIONS) private readonly options: RoutesModuleOptions,
  ) {
    const { fastPath } = options;
    this.observer = typeof fastPath === 'object' ? fastPath : undefined;
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
    this.targets.learn(request.url ?? '', hot);
  }

  onApplicationBootstrap(): void {
    const { fastPath = false } = this.options;
    // None in an application without HTTP, and none while it has no server.
    const server = (
      this.adapterHost.httpAdapter as Partial<HttpAdapterHost['httpAdapter']> | undefined
    )?.getHttpServer?.() as Server | undefined;
    if (fastPath === false || server === undefined) return;
    if (!this.observer && countListeners(server) > 1) {
      this.logger.warn('The fast path stays closed: who listens to the server would miss its hits');
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
    if (id !== undefined) observer?.answered(request, id, hit.status);
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
