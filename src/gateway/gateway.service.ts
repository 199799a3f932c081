import type { IncomingMessage, RequestListener } from 'node:http';
import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import type {
  BeforeApplicationShutdown,
  OnApplicationShutdown,
  OnModuleDestroy,
} from '@nestjs/common';
import {
  BackendClient,
  BackendTimeoutError,
  BackendUnavailableError,
  BodiesInFlight,
  ConnectionPool,
} from '../backend/index.js';
import { CachingService } from '../caching/index.js';
import { CircuitBreakerService, CircuitOpenError } from '../circuit-breaker/index.js';
import { CoalescingService } from '../coalescing/index.js';
import { runtimeOf } from '../ground/index.js';
import { rawRequest, rawResponse } from '../http/index.js';
import type { AdapterRequest, AdapterResponse } from '../http/index.js';
import { itemsOf } from '../http-cache/index.js';
import type { Fields } from '../http-cache/index.js';
import { demandImported, noteRoute } from '../module-options/index.js';
import { Asked } from './asked.js';
import { targetOf } from './asked-target.js';
import type { AskedTarget } from './asked-target.js';
import { BackendCalls } from './backend-calls.js';
import { TrustedProxies, clientOf } from './client-address.js';
import { VIA, gatewayFlights } from './declared-exchange.js';
import { deliverOwn } from './deliver.js';
import { Exchange } from './exchange.js';
import { FreshnessShare } from './freshness-share.js';
import { GatewayInsight } from './gateway-insight.js';
import { GATEWAY_OPTIONS } from './gateway.module-definition.js';
import { GATEWAY_MODULE_OPTIONS } from './gateway.options.js';
import type { GatewayModuleOptions } from './gateway.options.js';
import { HotHits } from './hot-hits.js';
import { answerOfLastHop, hasLooped, hopsLeft } from './hops.js';
import { Invalidation } from './invalidation.js';
import type { GatewayForecast } from './observe/forecast.js';
import { Observation } from './observe/observation.js';
import { PostedAnswer } from './posted-answer.js';
import { Purging } from './purge.js';
import { Reply } from './reply.js';
import { RuleCircuits } from './rule-circuits.js';
import type { GatewayCircuits } from './rule-circuits.js';
import { RequestTally } from './request-tally.js';
import { rulesOf } from './rules/index.js';
import type { RuleSet } from './rules/index.js';
import { SpillFolder } from './spill-file.js';
import { Tunnels, needsTunnel } from './tunnel.js';
import { tagsOfTarget } from './uri-tags.js';

const GIBIBYTE = 2 ** 30;

/** What a client is told that has sent too much, or has stopped to send. */
const CLIENT_FAULTS: ReadonlyMap<string, [status: number, error: string]> = new Map([
  ['too-large', [413, 'content too large']],
  ['stalled', [408, 'request timeout']],
]);

/**
 * Stands in front of HTTP APIs: forwards requests as rules say, keeps what HTTP lets a shared cache keep, and
 * has those who ask for the same share one call and one stream.
 *
 * @example
 * createServer(gateway.handler()).listen(8080);
 */
@Injectable()
export class GatewayService
  implements OnModuleDestroy, BeforeApplicationShutdown, OnApplicationShutdown
{
  private rules: RuleSet;
  private purging: Purging | undefined;
  private readonly proxies: TrustedProxies;
  private readonly pool = new ConnectionPool();
  /** What operators are told. */
  readonly insight: GatewayInsight;
  private readonly tally = new RequestTally();
  /** The short way of hits; whoever sees all requests of a server first may ask it before {@link handle}. */
  readonly hits = new HotHits(this.tally);
  private readonly tunnels = new Tunnels();
  private readonly calls: BackendCalls;
  private readonly exchange: Exchange;
  private readonly invalidation: Invalidation;
  private readonly caching: CachingService;
  private readonly circuits: GatewayCircuits;
  private readonly ruleCircuits: RuleCircuits;
  /** In the mode of that name. */
  private readonly observation: Observation | undefined;

  /** @throws Error that says which module is missing · InvalidOptionError for an option that cannot work */
  constructor(
    @Optional() @Inject(CachingService) caching: CachingService | undefined,
    @Optional() @Inject(CoalescingService) coalescing: CoalescingService | undefined,
    @Optional() @Inject(CircuitBreakerService) circuits: CircuitBreakerService | undefined,
    @Optional() @Inject(BackendClient) client: BackendClient | undefined,
    @Optional() @Inject(BodiesInFlight) bodies: BodiesInFlight | undefined,
    @Inject(GATEWAY_OPTIONS) options: GatewayModuleOptions,
  ) {
    GATEWAY_MODULE_OPTIONS.check(options, 'gateway');
    const demand = <Service>(service: Service | undefined, name: string, call: string): Service =>
      demandImported(service, 'GatewayModule.forRoot() composes others', name, call);
    const own = {
      caching: demand(caching, 'CachingService', 'CachingModule.forRoot()'),
      circuits: demand(circuits, 'CircuitBreakerService', 'CircuitBreakerModule.forRoot()'),
    };
    const { trustedProxies, spillDirectory, spillMaxBytes = GIBIBYTE } = options;
    this.proxies = new TrustedProxies(trustedProxies);
    const environment = {
      pool: this.pool,
      client: demand(client, 'BackendClient', 'BackendModule.forRoot()'),
      bodies: demand(bodies, 'BodiesInFlight', 'BackendModule.forRoot()'),
      runtime: runtimeOf(),
      spill:
        spillDirectory === undefined ? undefined : new SpillFolder(spillDirectory, spillMaxBytes),
    };
    const flights = gatewayFlights(
      demand(coalescing, 'CoalescingService', 'CoalescingModule.forRoot()'),
    );
    const isObserving = options.mode === 'observe';
    const log = new Logger('Gateway');
    const freshness =
      isObserving || options.defaultFresh !== undefined ? undefined : new FreshnessShare(log);
    const calls = new BackendCalls(environment, flights, own.circuits, VIA, isObserving, freshness);
    this.calls = calls;
    const { scheduler } = environment.runtime;
    this.observation = isObserving
      ? new Observation({ ...own, environment, flights, calls, scheduler, log })
      : undefined;
    const { caching: used, circuits: asked } = this.observation?.shadow ?? own;
    this.caching = used;
    this.circuits = asked;
    this.ruleCircuits = new RuleCircuits(asked);
    this.exchange = this.observation?.shadow.exchange ?? new Exchange({ caching: used, calls });
    this.invalidation = new Invalidation(used, () => this.rules);
    this.insight = new GatewayInsight({
      rules: () => this.rules,
      forecast: () => this.forecast(),
      clocks: () => calls.clocks.offsets(),
      purges: (method) => this.purging?.isMeant(method) === true,
      ...{ exchange: this.exchange, proxies: this.proxies, tally: this.tally },
    });
    this.rules = rulesOf(options);
    this.use(this.rules);
  }

  /** Replaces the rules: requests that have begun keep those that they began with. */
  use(rules: RuleSet): void {
    this.ruleCircuits.use(rules.circuits);
    this.purging = rules.purge && new Purging(rules.purge, this.caching);
    this.rules = rules;
    this.hits.clear();
    this.exchange.retain(rules.table.rules);
  }

  /** Whether a rule is for a request, the one for all the rest included. */
  serves(request: AdapterRequest): boolean {
    const raw = rawRequest(request);
    const target = targetOf(raw, this.rules.isStrict);
    if (typeof target === 'string') return true;
    return this.rules.table.find(raw.method ?? 'GET', target.host, target.path) !== undefined;
  }

  /** Answers a request as the rule that is for it says, or as the named one. Never throws. */
  handle(request: AdapterRequest, response: AdapterResponse, rule?: string): void {
    const raw = rawRequest(request);
    if (rule === undefined && isUntouched(response) && this.hits.answer(raw, response)) return;
    const { method = 'GET' } = raw;
    const fields = raw.rawHeaders;
    const target = targetOf(raw, this.rules.isStrict);
    if (typeof target === 'string') return this.refuse(response, 400, target);
    if (this.purging?.isMeant(method)) {
      const client = clientOf(raw, fields, this.proxies);
      const tags = tagsOfTarget(this.rules, target);
      void this.purging.answer(response, tags, fields, client);
      return;
    }
    const { table } = this.rules;
    const found =
      rule === undefined
        ? table.find(method, target.host, target.path)
        : table.rules.find(({ name }) => name === rule);
    if (found === undefined) return this.refuse(response, 404, 'not found');
    noteRoute(raw, found.name);
    const followed = this.tally.follow(found.name);
    if (found.deny !== undefined) {
      followed.ends('denied');
      this.refuse(response, found.deny, 'denied');
      return;
    }
    // Nobody gets past a rule by a path that a backend reads in another way than it is written.
    const loosely =
      target.loosely === undefined ? undefined : table.find(method, target.host, target.loosely);
    if (loosely?.deny !== undefined) {
      followed.ends('denied');
      this.refuse(response, loosely.deny, 'denied');
      return;
    }
    if (hasLooped(fields, VIA)) {
      followed.ends('error');
      this.refuse(response, 508, 'loop detected');
      return;
    }
    if (hopsLeft(method, fields) === 0) return this.answerHere(method, target, fields, response);
    if (raw.readableDidRead) {
      followed.ends('error');
      return this.refuse(
        response,
        500,
        'BREAKWATER_GATEWAY_BODY_CONSUMED: a parser has read the body, which bodyParser: false prevents',
      );
    }
    const client = clientOf(raw, fields, this.proxies);
    const hits = rule === undefined ? this.hits : undefined;
    const asked = new Asked(request, response, found, target, client, followed, hits);
    if (needsTunnel(raw))
      this.tunnel(asked).catch((error: unknown) => new Reply(asked).error(error));
    else {
      this.invalidation.watch(asked);
      void (this.observation ?? this.exchange).answer(asked);
    }
  }

  /** What would have become of the requests so far, in the mode `observe`. */
  forecast(): GatewayForecast | undefined {
    return this.observation?.forecast();
  }

  /** Whether a request asks for a protocol that its rule lets its connection be switched to. */
  switches(request: IncomingMessage): boolean {
    const target = targetOf(request, this.rules.isStrict);
    if (typeof target === 'string') return false;
    const found = this.rules.table.find(request.method ?? 'GET', target.host, target.path);
    if (found === undefined || found.deny !== undefined) return false;
    const asked = itemsOf(request.rawHeaders, 'upgrade');
    return asked.some((name) => found.upgrades.has(name.toLowerCase()));
  }

  /**
   * {@link handle} as a listener to the requests of a server of Node's. Call {@link acceptSpecialRequests}
   * for that server too where clients send `Expect`, or connections are to be switched to other protocols.
   */
  handler(): RequestListener {
    return (request, response) => this.handle(request, response);
  }

  onModuleDestroy(): void {
    this.hits.close();
  }

  /** A server is not closed before the last of its connections, and those that have switched never end. */
  beforeApplicationShutdown(): void {
    this.tunnels.hangUp();
  }

  async onApplicationShutdown(): Promise<void> {
    this.tunnels.close();
    await this.observation?.close();
    await this.pool.destroy();
  }

  private async tunnel(asked: Asked): Promise<void> {
    const { rule, request, response, method } = asked;
    const reply = new Reply(asked);
    const admission =
      rule.circuit === undefined ? undefined : this.circuits.circuit(rule.circuit).admit();
    try {
      if (admission?.admitted === false) throw new CircuitOpenError(rule.circuit ?? '', admission);
      if (admission?.permit !== undefined && !(await admission.permit)) {
        throw new CircuitOpenError(rule.circuit ?? '', { state: 'half-open' });
      }
    } catch (error) {
      if (this.observation === undefined) {
        request.resume();
        reply.error(error);
        return;
      }
    }
    this.observation?.count(admission?.admitted === false ? 'refused' : 'passed');
    const ids = this.calls.newCall(asked.parentOf(false));
    asked.noted('bypass', 'led', ids);
    const posted =
      method === 'POST' && rule.freshness.kind === 'http'
        ? new PostedAnswer(
            asked,
            this.exchange.cacheOf(rule),
            (this.observation?.shadow.calls ?? this.calls).flights,
            this.observation?.bodyOf,
          )
        : undefined;
    const outcome = await this.tunnels.tunnel(request, response, this.calls.tunnelTarget(asked), {
      timeouts: rule.timeouts,
      maxBodyBytes: rule.maxRequestBytes,
      upgrades: rule.upgrades,
      answerFields: (status, fields) => {
        this.invalidation.answered(asked, status, fields);
        posted?.begin(status, fields);
        return reply.tunnelled(fields, status, this.observation !== undefined);
      },
    });
    ids.backendMs = Math.round(outcome.durationMs);
    const settle = admission?.admitted === true ? admission.settle : undefined;
    this.calls.tunnelled(asked, outcome, ids, settle);
    const { error } = outcome;
    if (error === undefined) posted?.complete();
    if (error === undefined || response.headersSent) return;
    if (error.failure === 'aborted') {
      asked.followed?.ends('aborted');
      return;
    }
    const fault = CLIENT_FAULTS.get(error.failure);
    if (fault !== undefined) {
      asked.followed?.ends('error');
      this.refuse(response, ...fault);
      return;
    }
    reply.error(
      error.failure === 'timeout'
        ? new BackendTimeoutError(Math.round(outcome.durationMs), ids)
        : new BackendUnavailableError(error.cause ?? error, undefined, ids),
    );
  }

  private answerHere(
    method: string,
    target: AskedTarget,
    asked: Fields,
    to: AdapterResponse,
  ): void {
    const { status, fields, body } = answerOfLastHop(method, target.raw, asked);
    const response = rawResponse(to);
    response.writeHead(status, fields);
    response.end(body, 'latin1');
  }

  private refuse(response: AdapterResponse, status: number, error: string): void {
    rawResponse(response).req.resume();
    deliverOwn(response, status, { error }, ['Cache-Control', 'no-store']);
  }
}

/** Whether nobody has set any field of an answer yet. */
function isUntouched(response: AdapterResponse): boolean {
  return rawResponse(response) === response && response.getHeaderNames().length === 0;
}
