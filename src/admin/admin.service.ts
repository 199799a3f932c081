import { Inject, Injectable, Optional } from '@nestjs/common';
import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { CachingService, InvalidCacheKeyError, PreparedKey, keyText } from '../caching/index.js';
import type { CacheKey, KeyReport, NamedCache } from '../caching/index.js';
import { CircuitBreakerService } from '../circuit-breaker/index.js';
import type { ClusterService } from '../cluster/index.js';
import { CoalescingService } from '../coalescing/index.js';
import { runtimeOf } from '../ground/index.js';
import type { Clock } from '../ground/index.js';
import type { GatewayInsight } from '../gateway/index.js';
import { OBSERVED, ROUTE_EXPLAINER } from '../module-options/index.js';
import { AdminRefusal } from './admin-exchange.js';
import type { CircuitOrder, PurgeOrder, Question } from './admin-orders.js';
import { AdminWatch } from './admin-watch.js';
import type { AdminModuleOptions } from './admin.options.js';
import { ADMIN_OPTIONS } from './admin.tokens.js';
import { outcomeInWords } from './explanation.js';
import type { ExplainedTarget, Explanation, TargetExplainer } from './explanation.js';
import type { TargetExplanation } from './explanation.js';
import { shown } from './hot-key.js';
import { readableKey, writtenKeyText } from './key-text.js';
import { rulesNow } from './rules-view.js';
import type { FollowedRules, RulesView } from './rules-view.js';
import type { AdminSnapshot, CachingSnapshot, ClusterSnapshot, TopSnapshot } from './snapshot.js';
import type { CircuitSnapshot, CoalescerSnapshot, Listed } from './snapshot.js';
import {
  cachingNow,
  circuitNow,
  circuitsNow,
  clusterNow,
  coalescersNow,
  gatewayNow,
} from './take-snapshot.js';

/** How much of each list the snapshot tells, and how much the list's own route. */
const AT_A_GLANCE = {
  coalescers: 50,
  flights: 10,
  circuits: 100,
  caches: 50,
  top: 20,
  cluster: 20,
  rules: 50,
};
const IN_FULL = {
  coalescers: 1_000,
  flights: 100,
  circuits: 1_000,
  caches: 1_000,
  top: 100,
  cluster: 1_000,
};

const TOP_WINDOW_MS = 60_000;

/** Beyond these a list of rules is cut. */
const MAX_RULES = 1_000;

/** Looks at the parts of the application that are there, and acts on them. */
@Injectable()
export class AdminService implements OnModuleInit, OnApplicationShutdown {
  private readonly clock: Clock;
  private readonly watch: AdminWatch;
  private readonly startedAt: number;

  constructor(
    @Inject(ADMIN_OPTIONS) private readonly options: AdminModuleOptions,
    @Optional() @Inject(CoalescingService) private readonly coalescing?: CoalescingService,
    @Optional() @Inject(CircuitBreakerService) private readonly circuits?: CircuitBreakerService,
    @Optional() @Inject(CachingService) private readonly caching?: CachingService,
    @Optional() @Inject(OBSERVED.cluster) private readonly cluster?: ClusterService,
    @Optional() @Inject(ROUTE_EXPLAINER) private readonly routes?: TargetExplainer,
    @Optional() @Inject(OBSERVED.gateway) private readonly gateway?: GatewayInsight,
    @Optional() @Inject(OBSERVED.rules) private readonly ruleFile?: FollowedRules,
  ) {
    this.clock = runtimeOf({ clock: options.clock }).clock;
    this.watch = new AdminWatch(this.clock);
    this.startedAt = this.clock.monotonic();
  }

  onModuleInit(): void {
    this.watch.start();
  }

  onApplicationShutdown(): void {
    this.watch.stop();
  }

  /** Everything at a glance. */
  snapshot(): AdminSnapshot {
    const { name = 'application', version = '' } = this.options;
    const { caching, cluster, gateway } = this;
    return {
      at: this.clock.wall(),
      process: {
        ...{ name, version, pid: process.pid, node: process.version },
        uptimeMs: Math.round(this.clock.monotonic() - this.startedAt),
      },
      traffic: this.watch.traffic(),
      coalescers: this.coalescers(AT_A_GLANCE),
      circuits: this.circuitList(AT_A_GLANCE),
      ...(caching && { caching: cachingNow(caching, this.watch, AT_A_GLANCE.caches) }),
      ...(cluster && { cluster: clusterNow(cluster, AT_A_GLANCE.cluster) }),
      ...(gateway && { gateway: gatewayNow(gateway, this.circuits, AT_A_GLANCE.rules) }),
      top: this.top(AT_A_GLANCE),
    };
  }

  /** {@link AdminSnapshot.coalescers}, with more of each. */
  coalescers({ coalescers, flights } = IN_FULL): Listed<CoalescerSnapshot> {
    return this.coalescing ? coalescersNow(this.coalescing, coalescers, flights) : NOTHING;
  }

  /** {@link AdminSnapshot.circuits}, with more of them. */
  circuitList({ circuits } = IN_FULL): Listed<CircuitSnapshot> {
    return this.circuits ? circuitsNow(this.circuits, circuits) : NOTHING;
  }

  /** {@link AdminSnapshot.caching}, with more of them. */
  cacheList({ caches } = IN_FULL): CachingSnapshot | undefined {
    return this.caching && cachingNow(this.caching, this.watch, caches);
  }

  /** {@link AdminSnapshot.cluster}, with more of it. */
  clusterView({ cluster } = IN_FULL): ClusterSnapshot | undefined {
    return this.cluster && clusterNow(this.cluster, cluster);
  }

  /** The rules of the gateway in their order, and how their file stands; `undefined` where there is none. */
  rules(): RulesView | undefined {
    const { gateway, ruleFile } = this;
    if (gateway === undefined) return undefined;
    const all = rulesNow(gateway);
    const rules = all.slice(0, MAX_RULES);
    return {
      ...(ruleFile && { file: { ...ruleFile.state, reloads: ruleFile.reloads } }),
      rules,
      left: all.length - rules.length,
    };
  }

  /** {@link AdminSnapshot.top}, with more of it. */
  top({ top } = IN_FULL): TopSnapshot {
    const { watch } = this;
    return {
      windowMs: TOP_WINDOW_MS,
      keys: watch.hotKeys(top),
      backends: watch.hotBackends(top),
    };
  }

  /**
   * Does what `order` says to a circuit of this process, and of those that serve as one with it; `undefined`
   * where there is none.
   */
  async steer(order: CircuitOrder): Promise<CircuitSnapshot | undefined> {
    if (this.options.steer && !(await this.options.steer(order))) return undefined;
    const { circuit: name, action } = order;
    const named = (circuit: { readonly name: string }): boolean => circuit.name === name;
    const circuit = this.circuits?.all().find(named) ?? this.circuits?.allKeyed().find(named);
    if (circuit === undefined) return undefined;
    if (this.options.steer) return circuitNow(circuit);
    if (action === 'isolate') circuit.isolate();
    else if (action === 'force-closed') circuit.forceClosed();
    else circuit.release();
    return circuitNow(circuit);
  }

  /**
   * Drops what `order` says, or has it stale, in all processes of a cluster.
   *
   * @param host that a URL without one is of
   * @throws {@link AdminRefusal} by 400 for what is no key, by 404 for what is not there
   */
  async purge(order: PurgeOrder, host?: string): Promise<Purged> {
    const { caching } = this;
    if (caching === undefined) throw new AdminRefusal(404, 'this application has no CachingModule');
    const how = { soft: order.soft };
    const soft = order.soft ? { soft: true as const } : {};
    const dropKey = async (cache: NamedCache, key: CacheKey | PreparedKey): Promise<Purged> => {
      const prepared = preparedKey(key);
      const everywhere = await cache.invalidate(prepared, how);
      const told = {
        kind: 'key',
        cache: cache.name,
        key: shown(readableKey(keyText(prepared))),
      } as const;
      return { purged: { ...told, ...soft }, everywhere };
    };
    switch (order.kind) {
      case 'all':
        return { purged: { kind: 'all', ...soft }, everywhere: await caching.invalidateAll(how) };
      case 'tag': {
        const everywhere = await caching.invalidateTag(order.tag, how);
        return { purged: { kind: 'tag', tag: shown(order.tag), ...soft }, everywhere };
      }
      case 'cache': {
        const cache = this.cacheCalled(order.cache);
        const everywhere = await cache.clear(how);
        return { purged: { kind: 'cache', cache: cache.name, ...soft }, everywhere };
      }
      case 'key':
        return dropKey(this.cacheCalled(order.cache), order.key);
      case 'text':
        return dropKey(this.cacheCalled(order.cache), keyWritten(order.keyText));
      case 'url': {
        const asked = withHost({ target: order.url, headers: {} }, host);
        const { cache, keyText: text, purgeTags } = await this.ownerOf(asked);
        if (purgeTags !== undefined) {
          const dropped = await Promise.all(
            purgeTags.map((tag) => caching.invalidateTag(tag, how)),
          );
          const everywhere = dropped.every(Boolean);
          return { purged: { kind: 'url', url: shown(order.url), ...soft }, everywhere };
        }
        if (cache === undefined || text === undefined) {
          throw new AdminRefusal(404, 'a request for this URL asks no cache');
        }
        return dropKey(this.cacheCalled(cache), PreparedKey.ofText(text));
      }
    }
  }

  /**
   * What would become of a request or a key now, and why.
   *
   * @param host that a URL without one is of
   * @throws {@link AdminRefusal} by 400 for what is no key, by 404 for what is not there
   */
  async explain(question: Question, host?: string): Promise<Explanation> {
    if (question.kind !== 'url') {
      const cache = this.cacheCalled(question.cache);
      const key = 'key' in question ? question.key : keyWritten(question.keyText);
      const report = await cache.inspect(preparedKey(key));
      return { outcome: outcomeInWords({}, report.next), key: told(report) };
    }
    const owned = await this.ownerOf(withHost(question, host));
    const { cache, keyText: text, circuit } = owned;
    const key =
      cache === undefined || text === undefined
        ? undefined
        : await this.cacheCalled(cache).inspect(PreparedKey.ofText(text));
    const guarding = this.circuits?.all().find(({ name }) => name === circuit);
    const circuitState = guarding && circuitNow(guarding);
    return {
      outcome: outcomeInWords(owned, key?.next ?? this.nextOf(owned), circuitState),
      ...owned,
      ...(text !== undefined && { keyText: readableKey(text) }),
      ...(key && { key: told(key) }),
      ...(circuitState && { circuitNow: circuitState }),
    };
  }

  /** What comes next where there is no cache: perhaps the flight of the key is under way. */
  private nextOf({ cache, coalescer, keyText: text }: TargetExplanation): KeyReport['next'] {
    const flights = this.coalescing?.all().find(({ name }) => name === coalescer);
    const isUnderWay =
      cache === undefined &&
      flights
        ?.flights({ keys: true })
        .some(({ key, phase }) => key === text && phase === 'running');
    return isUnderWay ? 'joins the flight under way' : 'calls the backend';
  }

  private async ownerOf(target: ExplainedTarget): Promise<TargetExplanation> {
    const { explainers = [] } = this.options;
    for (const explainer of [...explainers, this.routes, this.gateway]) {
      const told = await explainer?.explain(target);
      if (told !== undefined) return told;
    }
    throw new AdminRefusal(404, 'no route that is known here answers this URL');
  }

  private cacheCalled(name: string): NamedCache {
    for (const cache of this.caching?.all() ?? []) if (cache.name === name) return cache;
    throw new AdminRefusal(404, 'no cache of this name');
  }
}

/** What has been dropped. */
export interface Purged {
  readonly purged: {
    readonly kind: 'all' | 'tag' | 'cache' | 'key' | 'url';
    readonly tag?: string;
    readonly url?: string;
    readonly cache?: string;
    readonly key?: string;
    /** It was not dropped: it is stale from now on. */
    readonly soft?: true;
  };
  /**
   * Whether all tiers have dropped it, and the store of a cluster has taken it. Otherwise it holds in this
   * process, and is tried again and again until the others have it.
   */
  readonly everywhere: boolean;
}

/** A request to a path alone, as the host that it names itself or else `host` gets it. */
function withHost<Target extends ExplainedTarget>(asked: Target, host: string | undefined): Target {
  const { target, headers } = asked;
  if (host === undefined || !target.startsWith('/') || 'host' in headers) return asked;
  return { ...asked, headers: { host, ...headers } };
}

/** A report with the key in it as an operator reads it. */
function told(report: KeyReport): KeyReport {
  return { ...report, key: readableKey(report.key) };
}

/** @throws {@link AdminRefusal} by 400 for parts that have no text */
function keyWritten(text: string): PreparedKey {
  try {
    return writtenKeyText(text);
  } catch {
    throw new AdminRefusal(400, '"keyText" is no key');
  }
}

function preparedKey(key: CacheKey | PreparedKey): PreparedKey {
  try {
    return key instanceof PreparedKey ? key : PreparedKey.of(key);
  } catch (error) {
    if (error instanceof InvalidCacheKeyError) throw new AdminRefusal(400, error.message);
    throw error;
  }
}

const NOTHING = Object.freeze({ list: Object.freeze([]), left: 0 });
