import {
  All,
  Catch,
  Controller,
  Get,
  Inject,
  Optional,
  Param,
  Req,
  Res,
  UseFilters,
  UseGuards,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import type { ArgumentsHost, CanActivate, ExceptionFilter, Type } from '@nestjs/common';
import { AdminRefusal, answerError, answerJson, jsonBodyOf, rawRequest } from './admin-exchange.js';
import type { AdminRequest, AdminResponse } from './admin-exchange.js';
import { AdminLog, actorOf } from './admin-log.js';
import type { Actor } from './admin-log.js';
import { circuitOrderOf, purgeOrderOf, questionOf } from './admin-orders.js';
import { answerPage } from './admin-page.js';
import { AdminGuard } from './admin.guard.js';
import type { AdminModuleOptions } from './admin.options.js';
import { AdminService } from './admin.service.js';
import { shown } from './hot-key.js';
import { ADMIN_GUARD, ADMIN_OPTIONS } from './admin.tokens.js';
import { SnapshotStream } from './snapshot-stream.js';

/** Answers what goes wrong, in the API's own form whatever filters the application has. */
@Catch()
export class AdminErrorFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    answerError(host.switchToHttp().getResponse<AdminResponse>(), error);
  }
}

/** A request to the API, as far as it matters. */
interface Asked {
  readonly request: AdminRequest;
  readonly response: AdminResponse;
  readonly query: URLSearchParams;
}

/** Gives what is answered in JSON; nothing where it has answered by itself. */
type Answer = (asked: Asked) => object | undefined | Promise<object>;

/** By the segment behind the path of the API, and by method. */
type Answers = Readonly<Record<string, { readonly GET?: Answer; readonly POST?: Answer }>>;

/**
 * The operator's API in JSON. Each request is let in first, whatever it asks for; what it asks for is looked
 * up here and not in Nest's routes, so that both adapters refuse the same paths and methods alike.
 */
class AdminRoutes {
  private readonly answers: Answers = {
    '': { GET: () => this.service.snapshot() },
    stream: { GET: ({ response }) => this.open(response) },
    circuits: { GET: () => this.service.circuitList(), POST: (asked) => this.steer(asked) },
    flights: { GET: () => this.service.coalescers() },
    caches: { GET: () => this.service.cacheList() ?? missing('CachingModule') },
    cluster: { GET: () => this.service.clusterView() ?? missing('ClusterModule') },
    top: { GET: () => this.service.top() },
    rules: { GET: () => this.service.rules() ?? missing('GatewayModule') },
    explain: {
      GET: ({ query, request }) => this.service.explain(questionOf(query), hostOf(request)),
    },
    purge: { POST: (asked) => this.purge(asked) },
  };

  constructor(
    @Inject(ADMIN_OPTIONS) private readonly options: AdminModuleOptions,
    private readonly service: AdminService,
    private readonly stream: SnapshotStream,
    private readonly log: AdminLog,
    @Optional() @Inject(ADMIN_GUARD) private readonly guard?: CanActivate,
  ) {}

  /** The live page needs no token: there is no state in it. */
  @Get('ui')
  ui(@Res() response: AdminResponse): Promise<void> {
    return answerPage(response, this.guard !== undefined);
  }

  @All()
  @UseGuards(AdminGuard)
  root(@Req() request: AdminRequest, @Res() response: AdminResponse): Promise<void> {
    return this.answer('', request, response);
  }

  @All(':route')
  @UseGuards(AdminGuard)
  below(
    @Param('route') route: string,
    @Req() request: AdminRequest,
    @Res() response: AdminResponse,
  ): Promise<void> {
    return this.answer(route, request, response);
  }

  private async answer(
    route: string,
    request: AdminRequest,
    response: AdminResponse,
  ): Promise<void> {
    const { method = '', url = '' } = rawRequest(request);
    const answers = Object.hasOwn(this.answers, route) ? this.answers[route] : undefined;
    if (answers === undefined) throw new AdminRefusal(404, 'not found');
    const answer = answers[(method === 'HEAD' ? 'GET' : method) as keyof typeof answers];
    if (answer === undefined) {
      const allowed = Object.keys(answers).map((known) => (known === 'GET' ? 'GET, HEAD' : known));
      throw new AdminRefusal(405, 'method not allowed', { Allow: allowed.join(', ') });
    }
    const queryAt = url.indexOf('?');
    const query = new URLSearchParams(queryAt < 0 ? '' : url.slice(queryAt + 1));
    const content = await answer({ request, response, query });
    if (content === undefined) return;
    // What the store has not taken yet is under way.
    const isUnderWay = 'everywhere' in content && content.everywhere === false;
    answerJson(response, isUnderWay ? 202 : 200, content);
  }

  /** It answers by itself, for as long as somebody reads. */
  private open(response: AdminResponse): undefined {
    this.stream.open(response);
  }

  private async steer({ request }: Asked): Promise<object> {
    const order = circuitOrderOf(await jsonBodyOf(request));
    const { circuit, action } = order;
    const steered = await this.service.steer(order);
    if (steered === undefined) throw new AdminRefusal(404, 'no circuit of this name');
    this.log.did(action, { circuit: shown(circuit) }, this.actorOf(request));
    return steered;
  }

  private async purge({ request }: Asked): Promise<object> {
    const order = purgeOrderOf(await jsonBodyOf(request));
    const { purged, everywhere } = await this.service.purge(order, hostOf(request));
    const { kind, ...target } = purged;
    this.log.did(`purge-${kind}`, target, this.actorOf(request), { everywhere });
    return { purged, everywhere };
  }

  private actorOf(request: AdminRequest): Actor {
    const raw = rawRequest(request);
    return actorOf(raw, this.options.requestId?.(raw));
  }
}

/** Whom clients who ask for a path alone are taken to ask, where nobody says another one. */
function hostOf(request: AdminRequest): string | undefined {
  return rawRequest(request).headers.host;
}

function missing(module: string): never {
  throw new AdminRefusal(404, `this application has no ${module}`);
}

/** The controller of the API at `path`. */
export function adminController(path: string): Type {
  @Controller({ path, version: VERSION_NEUTRAL })
  @UseFilters(AdminErrorFilter)
  class AdminController extends AdminRoutes {}
  return AdminController;
}
