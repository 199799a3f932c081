import type { BackendClient, BodiesInFlight, ConnectionPool } from '../backend/index.js';
import type { CachePolicyOptions, CachingService, NamedCache } from '../caching/index.js';
import type { CircuitBreakerService } from '../circuit-breaker/index.js';
import type { Coalescer, CoalescerLike, CoalescingService } from '../coalescing/index.js';
import { LONGEST_TIMER_MS, runtimeOf } from '../ground/index.js';
import { rawRequest } from '../http/index.js';
import type { AdapterRequest, AdapterResponse } from '../http/index.js';
import type { Fields } from '../http-cache/index.js';
import { Asked } from './asked.js';
import { BackendCalls } from './backend-calls.js';
import { TrustedProxies, clientOf } from './client-address.js';
import { Exchange } from './exchange.js';
import { declaredRule } from './rules/index.js';
import type { DeclaredRule, ForwardRule } from './rules/index.js';

/** What the exchanges of declared requests are made with. */
export interface DeclaredParts {
  readonly caching: CachingService;
  readonly coalescing: CoalescingService;
  readonly circuits: CircuitBreakerService;
  readonly client: BackendClient;
  readonly bodies: BodiesInFlight;
}

/** One request, as whoever has declared its route says what is asked for. */
export interface DeclaredCall {
  /** Text of its key, without line breaks. */
  readonly key: string;
  /** What an answer to it can be invalidated by. */
  readonly tags: readonly string[];
  /** What it is fetched from. */
  readonly url: string;
  /** Fields that its call is made with: nothing else of the request goes along. */
  readonly fields: Fields;
  /** Runs its flights. @default the gateway's */
  readonly flights?: CoalescerLike | undefined;
  /** Fields that its answer has beside those of the backend. */
  readonly told?: Fields | undefined;
}

/** Name of the gateway in `Via` (RFC 9110, section 7.6.3). */
export const VIA = 'breakwater';

/**
 * What runs the gateway's flights. Answers are shared as they are: nobody changes them, and their bodies are
 * still arriving. Calls have timeouts of their own, as their rules say.
 */
export function gatewayFlights(coalescing: CoalescingService): Coalescer {
  return coalescing.declare('gateway', {
    shareAs: 'reference',
    flightTimeoutMs: LONGEST_TIMER_MS,
    // They send requests and wait for nobody; to look costs each promise of the process on Node 20 and 22.
    detectSelfJoin: false,
  });
}

const NO_PROXIES = new TrustedProxies();

const NOTHING: Fields = Object.freeze([]);

/**
 * Answers the requests of one declaration as HTTP says (RFC 9111): the gateway's exchange, where key, backend
 * and fields are the declaration's to say.
 */
export class DeclaredExchange {
  private readonly rule: ForwardRule;
  private readonly exchange: Exchange;
  private readonly flights: Coalescer;

  constructor(
    private readonly parts: DeclaredParts,
    /** Carries its calls; whoever has made it ends it. */
    pool: ConnectionPool,
    declared: Omit<DeclaredRule, 'headTimeoutMs'>,
    private readonly policy: CachePolicyOptions = {},
  ) {
    const { client, bodies, caching, circuits, coalescing } = parts;
    this.flights = gatewayFlights(coalescing);
    this.rule = declaredRule({ ...declared, headTimeoutMs: client.timeoutMs });
    const environment = { pool, client, bodies, runtime: runtimeOf(), spill: undefined };
    const calls = new BackendCalls(environment, this.flights, circuits, VIA);
    this.exchange = new Exchange({ caching, calls });
  }

  /** Where its answers are kept. */
  get cache(): NamedCache {
    return this.exchange.cacheOf(this.rule, this.policy);
  }

  /**
   * Answers a GET or HEAD. Resolves when the head is out; the body comes behind.
   *
   * @throws what has gone wrong before, for others to tell: of the backend, its circuit or its coalescer
   */
  async answer(
    request: AdapterRequest,
    response: AdapterResponse,
    { key, tags, url, fields, flights = this.flights, told = NOTHING }: DeclaredCall,
  ): Promise<void> {
    const raw = rawRequest(request);
    const target = { host: '', path: this.rule.name, query: undefined, raw: raw.url ?? '/' };
    const client = clientOf(raw, raw.rawHeaders, NO_PROXIES);
    const { origin, path } = this.parts.client.placeOf(url);
    const declared = { key, tags, origin, path, fields, flights, told };
    await this.exchange.answerOrThrow(
      new Asked(request, response, this.rule, target, client, undefined, undefined, declared),
    );
  }
}
