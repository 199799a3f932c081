import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { Asked } from './asked.js';
import { targetOf } from './asked-target.js';
import { splitUrl, targetOf as targetSent } from './backend-calls.js';
import type { ClockOffset } from './backend-clocks.js';
import { clientOf } from './client-address.js';
import type { TrustedProxies } from './client-address.js';
import type { Exchange } from './exchange.js';
import type { GatewayForecast } from './observe/forecast.js';
import type { Unstored } from './last-unstored.js';
import { obstaclesOf } from './obstacles.js';
import { Reply } from './reply.js';
import type { KeptCount, RequestCount, RequestTally } from './request-tally.js';
import { ruleReport } from './rule-report.js';
import type { RuleReport } from './rule-report.js';
import type { ForwardRule, RuleSet } from './rules/index.js';
import { tagsOfTarget } from './uri-tags.js';
import { heldIn, peekedKey } from './variant-keys.js';

/** A request that is not made. */
export interface HypotheticalRequest {
  /** @default 'GET' */
  readonly method?: string | undefined;
  /** Path and query as they stand in a request's first line, or a whole URL. */
  readonly target: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What the gateway would make of a request, as far as its rules tell. Plain data. */
export interface GatewayExplanation {
  /** Name of the rule that is for it. */
  readonly route: string;
  readonly method: string;
  /** What it is answered with where no backend and no cache is asked, in words. */
  readonly answer?: string;
  /** Host, path and query as rules and keys see them. */
  readonly normalForm?: string;
  readonly cache?: string;
  readonly keyText?: string;
  /** Request fields that its answers depend on beside the key, as far as memory knows them. */
  readonly variesBy?: readonly string[];
  /** Why the cache would not be asked, where it would not. */
  readonly bypass?: string;
  readonly coalescer?: string;
  readonly tags?: readonly string[];
  /** Tags by which everything that is kept of the URL is dropped, whatever variant and rule it came by. */
  readonly purgeTags?: readonly string[];
  /** URL that the backend would be asked for. */
  readonly backend?: string;
  readonly circuit?: string;
  /** How long answers are fresh, in words. */
  readonly lifetime?: string;
  /** What would keep an answer from being stored. */
  readonly notStored?: readonly string[];
  /** Why the last answer was not kept; left out where it was, or where nobody remembers. */
  readonly lastNotStored?: Unstored;
}

/** What the insight is had of. */
export interface InsightParts {
  rules(): RuleSet;
  readonly exchange: Exchange;
  readonly proxies: TrustedProxies;
  readonly tally: RequestTally;
  /** What would have become of requests, where they are only observed. */
  forecast(): GatewayForecast | undefined;
  /** By how much the clocks of backends differ from the one here. */
  clocks(): Iterable<ClockOffset>;
  /** Whether a method purges. */
  purges(method: string): boolean;
}

/** What operators are told of a gateway: its rules, what becomes of requests, and why. */
export class GatewayInsight {
  constructor(private readonly parts: InsightParts) {}

  /** The rules that are used, in the order in which they win. */
  rules(): readonly RuleReport[] {
    return this.parts.rules().table.rules.map(ruleReport);
  }

  /** How many requests have come to what, by rule. */
  requests(): Iterable<RequestCount> {
    return this.parts.tally.counts();
  }

  /** By how much the clocks of backends differ from the one here, by the `Date` of their answers. */
  clocks(): Iterable<ClockOffset> {
    return this.parts.clocks();
  }

  /** What has become of the answers to calls, by rule. */
  kept(): Iterable<KeptCount> {
    return this.parts.tally.kept();
  }

  /** Requests that got an answer of a backend's without having caused a call. */
  get saved(): number {
    return this.parts.tally.saved;
  }

  /** What would have become of the requests so far, where the gateway only observes. */
  forecast(): GatewayForecast | undefined {
    return this.parts.forecast();
  }

  /** What would become of a request, and why. Nobody is asked, and nothing changes. */
  explain(hypothetical: HypotheticalRequest): GatewayExplanation {
    const { proxies } = this.parts;
    const rules = this.parts.rules();
    const { table, isStrict } = rules;
    const request = madeUp(hypothetical);
    const { method = 'GET' } = request;
    const target = targetOf(request, isStrict);
    if (typeof target === 'string') {
      return { route: NO_RULE, method, answer: `It is refused by 400, as it has ${target}.` };
    }
    const { host, path, query, loosely } = target;
    const normalForm = `${host}${path}${query === undefined ? '' : `?${query}`}`;
    if (this.parts.purges(method)) {
      const answer = 'It drops what is kept of the URL, if it comes from who may purge.';
      return { route: NO_RULE, method, normalForm, answer };
    }
    const rule = table.find(method, host, path);
    if (rule === undefined) {
      return {
        route: NO_RULE,
        method,
        normalForm,
        answer: 'It is answered by 404, as no rule is for it.',
      };
    }
    const { name: route } = rule;
    const meant = loosely === undefined ? undefined : table.find(method, host, loosely);
    const denied = rule.deny ?? meant?.deny;
    if (rule.deny !== undefined || denied !== undefined) {
      const answer = `It is refused by ${denied}, as the rule "${(rule.deny === undefined ? meant : rule)?.name}" says.`;
      return { route, method, normalForm, answer };
    }
    const asked = new Asked(
      request,
      new ServerResponse(request),
      rule,
      target,
      clientOf(request, request.rawHeaders, proxies),
    );
    const purgeTags = tagsOfTarget(rules, target);
    const lastNotStored = this.parts.tally.unstored.of(route, asked.primary);
    return {
      ...{ route, method, normalForm, purgeTags },
      ...this.ofCache(asked),
      ...ofBackend(asked),
      ...(lastNotStored && { lastNotStored }),
    };
  }

  private ofCache(asked: Asked): Partial<GatewayExplanation> {
    const { rule, method } = asked;
    if (this.forecast() !== undefined) return { bypass: 'the gateway observes: all is passed on' };
    const reads = method === 'GET' || method === 'HEAD';
    if (!reads) return { bypass: `${method} is always forwarded` };
    if (rule.freshness.kind === 'none' && rule.collapse === undefined) {
      return { bypass: 'the rule keeps nothing and shares no call' };
    }
    const cache = this.parts.exchange.cacheOf(rule);
    const { key: keyText, names: variesBy } = peekedKey(cache, asked);
    const held = heldIn(cache, keyText);
    const use = held === undefined ? 'none' : new Reply(asked).useOf(held);
    const bypass = bypassOf(asked, use);
    return {
      ...{ cache: cache.name, keyText, coalescer: 'gateway', tags: asked.tags },
      ...(variesBy && { variesBy }),
      ...(bypass !== undefined && { bypass }),
    };
  }
}

const NO_RULE = 'none';

/** As the exchange decides, in its order. */
function bypassOf(asked: Asked, use: ReturnType<Reply['useOf']> | 'none'): string | undefined {
  if (asked.demands) return 'If-Match and If-Unmodified-Since are for the backend to decide';
  if (use === 'fresh') return undefined;
  if (asked.range && !asked.rule.wholeRanges) return 'it asks for a part, and no whole is kept';
  if (use === 'forbidden') return 'what is kept may not be given to a request with Authorization';
  if (asked.authorization) return 'it has Authorization, so that nobody shares its call';
  if (asked.isPrivate) return 'it has a Cookie, so that nobody shares its call';
  if (asked.rule.collapse === undefined) return 'the rule shares no call';
  return undefined;
}

function ofBackend(asked: Asked): Partial<GatewayExplanation> {
  const { rule } = asked;
  const { origin, prefix } = splitUrl(rule.backend.urls[0] ?? '');
  return {
    backend: origin + prefix + targetSent(asked),
    ...(rule.circuit !== undefined && { circuit: rule.circuit }),
    lifetime: lifetimeIn(rule),
    notStored: obstaclesOf(asked),
  };
}

function lifetimeIn({ freshness, staleWhileRevalidateMs, staleIfErrorMs }: ForwardRule): string {
  const behind = `stale for ${staleWhileRevalidateMs} ms while it is refreshed and for ${staleIfErrorMs} ms where the backend fails`;
  switch (freshness.kind) {
    case 'none':
      return 'nothing is kept';
    case 'fixed':
      return `${freshness.freshMs} ms as the rule says, then ${behind}, unless the answer says how long`;
    case 'http':
      return freshness.defaultMs === undefined
        ? `as the answer says, then ${behind}, unless it says how long`
        : `as the answer says, or else ${freshness.defaultMs} ms, then ${behind}, unless it says how long`;
  }
}

/** A request as the parser would have made it, on a connection that there is not. */
function madeUp({ method = 'GET', target, headers }: HypotheticalRequest): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  request.method = method;
  request.url = target;
  for (const [name, value] of Object.entries(headers)) {
    request.rawHeaders.push(name, value);
    request.headers[name] = value;
  }
  return request;
}
