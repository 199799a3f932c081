import type { CachingService, NamedCache } from '../caching/index.js';
import type { CircuitBreaker, CircuitBreakerService } from '../circuit-breaker/index.js';
import type { ClusterService } from '../cluster/index.js';
import type { Coalescer, CoalescingService } from '../coalescing/index.js';
import type { GatewayInsight } from '../gateway/index.js';
import { rulesNow } from './rules-view.js';
import type { CountedRule } from './rules-view.js';
import type { AdminWatch } from './admin-watch.js';
import { shown } from './hot-key.js';
import { readableKey, readableLease } from './key-text.js';
import type {
  GatewaySnapshot,
  RuleSnapshot,
  CacheSnapshot,
  CachingSnapshot,
  CircuitSnapshot,
  ClusterSnapshot,
  CoalescerSnapshot,
  FlightSnapshot,
  Listed,
  TierSnapshot,
} from './snapshot.js';

const MAX_OUTAGES = 20;

/** The first `limit` of a list, and how many more there are. */
export function listed<Item>(all: readonly Item[], limit: number): Listed<Item> {
  const list = all.slice(0, limit);
  return { list, left: all.length - list.length };
}

/** The coalescers, those with flights or stuck loaders first. */
export function coalescersNow(
  service: CoalescingService,
  limit: number,
  flightsEach: number,
): Listed<CoalescerSnapshot> {
  const busiest = service
    .all()
    .map((coalescer) => ({ coalescer, busy: coalescer.size + coalescer.stuck }))
    .sort((a, b) => b.busy - a.busy);
  const { list, left } = listed(busiest, limit);
  return { list: list.map(({ coalescer }) => coalescerNow(coalescer, flightsEach)), left };
}

function coalescerNow(coalescer: Coalescer, flightsEach: number): CoalescerSnapshot {
  const flights = coalescer.size + coalescer.stuck > 0 ? coalescer.flights({ keys: true }) : [];
  const { led, joined } = coalescer.counters();
  const oldest = flights
    .sort((a, b) => b.ageMs - a.ageMs)
    .slice(0, flightsEach)
    .map(({ key, ...flight }): FlightSnapshot => {
      return { ...flight, ...(key !== undefined && { key: shown(readableKey(key)) }) };
    });
  return {
    name: shown(coalescer.name),
    flights: coalescer.size,
    joiners: flights.reduce((sum, { joiners }) => sum + joiners, 0),
    stuck: coalescer.stuck,
    led,
    joined,
    oldest,
  };
}

/** The circuits, those that are not closed first. */
export function circuitsNow(
  service: CircuitBreakerService,
  limit: number,
): Listed<CircuitSnapshot> {
  const all = [...service.all(), ...service.allKeyed()];
  const rank = ({ mode }: CircuitBreaker): number => (mode === 'closed' ? 1 : 0);
  const { list, left } = listed(
    all.sort((a, b) => rank(a) - rank(b)),
    limit,
  );
  return { list: list.map(circuitNow), left };
}

/** One circuit. */
export function circuitNow(circuit: CircuitBreaker): CircuitSnapshot {
  const { name, state, mode, why, since, forMs, inFlight, nextProbeInMs, evidence } =
    circuit.describe();
  return {
    ...{ name: shown(name), state, mode, why, since, forMs, inFlight },
    ...(nextProbeInMs !== undefined && { nextProbeInMs }),
    evidence: evidence.map(({ at, outcome, reason, durationMs }) => ({
      ...{ at, outcome },
      ...(reason !== undefined && { reason }),
      ...(durationMs !== undefined && { durationMs }),
    })),
  };
}

/** The caches and their tiers. */
export function cachingNow(
  service: CachingService,
  watch: AdminWatch,
  limit: number,
): CachingSnapshot {
  const caches = [...service.all()]
    .map((cache) => cacheNow(cache))
    .sort((a, b) => askedOf(b) - askedOf(a));
  const total = (of: (cache: CacheSnapshot) => number): number =>
    caches.reduce((sum, cache) => sum + of(cache), 0);
  const answered = total(answeredBy);
  const asked = total(askedOf);
  const { memory, tiers } = service.health();
  const below = tiers.map(({ name, ...health }) => tierOf(name, health, watch.hitsOf(name), asked));
  const hitsBelow = tiers.reduce((sum, { name }) => sum + watch.hitsOf(name), 0);
  const inMemory = Math.max(0, answered - hitsBelow);
  return {
    caches: listed(caches, limit),
    tiers: [tierOf('memory', memory, inMemory, asked), ...below],
    outages: [...service.outages()].slice(0, MAX_OUTAGES).map(([name, outage]) => ({
      name: shown(name),
      since: outage.since,
      failures: outage.failures,
      reason: outage.reason,
    })),
  };
}

type Answered = Pick<CacheSnapshot, 'hits' | 'staleHits' | 'tierHits'>;
type Asked = Answered & Pick<CacheSnapshot, 'misses' | 'collapsed' | 'errors'>;

function answeredBy({ hits, staleHits, tierHits }: Answered): number {
  return hits + staleHits + tierHits;
}

function askedOf(cache: Asked): number {
  const { misses, collapsed, errors } = cache;
  return answeredBy(cache) + misses + collapsed + errors;
}

/** One cache. */
export function cacheNow(cache: NamedCache): CacheSnapshot {
  const { name, owner, entries, policy } = cache;
  const { freshMs, staleMs } = policy;
  const { hits, staleHits, tierHits, misses, collapsed, errors, loads, refreshes } =
    cache.counters();
  const counted = { hits, staleHits, tierHits, misses, collapsed, errors, loads, refreshes };
  const asked = askedOf(counted);
  const hitRatio = asked === 0 ? null : answeredBy(counted) / asked;
  return {
    name: shown(name),
    ...(owner !== undefined && { owner: shown(owner) }),
    ...{ entries, freshMs, staleMs, ...counted, hitRatio },
  };
}

type TierHealth = ReturnType<CachingService['health']>['memory'];

function tierOf(name: string, health: TierHealth, hits: number, asked: number): TierSnapshot {
  const { status, entries, bytes, maxEntries, maxBytes, reason } = health;
  return {
    ...{ name, status },
    ...(entries !== undefined && { entries }),
    ...(bytes !== undefined && { bytes }),
    ...(maxEntries !== undefined && { maxEntries }),
    ...(maxBytes !== undefined && { maxBytes }),
    hits,
    hitRatio: asked === 0 ? null : Math.min(1, hits / asked),
    ...(reason !== undefined && { reason }),
  };
}

/** The rules of a gateway and what is asked of each. */
export function gatewayNow(
  gateway: GatewayInsight,
  circuits: CircuitBreakerService | undefined,
  limit: number,
): GatewaySnapshot {
  const modes = new Map(circuits?.all().map((circuit) => [circuit.name, circuit.describe().mode]));
  const forecast = gateway.forecast();
  const rules = rulesNow(gateway).map((rule): RuleSnapshot => {
    const { total, by, calls, kept, notKept, savedRatio } = rule.requests;
    const mode = modes.get(rule.circuit ?? '');
    return {
      ...{ name: shown(rule.name), match: matchInWords(rule), requests: total },
      ...{ hits: by['hit'] ?? 0, stale: by['stale'] ?? 0, joined: by['collapsed'] ?? 0 },
      ...{ denied: by['denied'] ?? 0, errors: by['error'] ?? 0 },
      ...{ calls, kept, notKept, savedRatio },
      ...(mode !== undefined && { circuit: { name: shown(rule.circuit ?? ''), mode } }),
    };
  });
  return { rules: listed(rules, limit), ...(forecast && { forecast }) };
}

function matchInWords({ match: { methods, hosts, path }, deny }: CountedRule): string {
  const words = [...(methods ? [methods.join(', ')] : []), `${(hosts ?? []).join(', ')}${path}`];
  return shown(`${words.join(' ')}${deny === undefined ? '' : `, refused by ${deny}`}`);
}

/** This process among others. */
export function clusterNow(service: ClusterService, limit: number): ClusterSnapshot {
  const { status, instance, store, reason, counters } = service.health();
  const { takeovers, claiming, invalidationsPending } = counters;
  const others = service.members().filter((member) => member !== instance);
  const members = [instance, ...others].map((member) => ({
    instance: member,
    self: member === instance,
  }));
  const leases = service.leases().map(({ key, name, heldMs }) => ({
    key: shown(readableLease(key)),
    name: shown(name),
    heldMs,
  }));
  return {
    ...{ status, instance },
    ...(store !== undefined && { store: `${store.engine} ${store.version}, ${store.mode}` }),
    ...(reason !== undefined && { reason }),
    members: listed(members, limit),
    leases: listed(leases, limit),
    claiming,
    takeovers: takeovers.dead + takeovers.lease,
    invalidationsPending,
  };
}
