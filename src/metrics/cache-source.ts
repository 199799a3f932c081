import type { CachingService, NamedCache, TierHealth } from '../caching/index.js';
import type { MetricSource, Take } from './metric-sources.js';

const LOOKUPS = 'breakwater_cache_lookups_total';

/** No tier had the value. */
const NO_TIER = 'none';

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

/** What caches and their tiers tell. */
export class CacheSource implements MetricSource {
  readonly groups = ['caches', 'saved'] as const;

  /** @param caching what is in the service's place may be less */
  constructor(private readonly caching: Partial<CachingService>) {}

  read(take: Take): void {
    for (const cache of this.caching.all?.() ?? []) {
      readCache(take, cache);
      take('breakwater_cache_entries', cache.entries, { cache: cache.owner ?? cache.name });
    }
    for (const cache of this.caching.released?.() ?? []) readCache(take, cache);
    const health = this.caching.health?.();
    if (!health) return;
    readTier(take, { name: 'memory', ...health.memory });
    for (const tier of health.tiers) readTier(take, tier);
  }
}

/** A cache, as far as it is counted. */
type Counted = Pick<NamedCache, 'name' | 'owner' | 'counters'>;

function readCache(take: Take, counted: Counted): void {
  const counters = counted.counters();
  const { name, owner } = counted;
  const cache = owner ?? name;
  const { foundFresh, foundStale } = counters;
  const lookUps = (result: string, count: number, tier = NO_TIER): void => {
    take(LOOKUPS, count, { cache, result, tier });
  };
  lookUps('hit', counters.hits, 'memory');
  for (const [tier, count] of Object.entries(foundFresh)) lookUps('hit', count, tier);
  lookUps('stale', counters.staleHits - sum(foundStale), 'memory');
  for (const [tier, count] of Object.entries(foundStale)) lookUps('stale', count, tier);
  lookUps('miss', counters.misses - counters.passed);
  lookUps('collapsed', counters.collapsed);
  lookUps('pass', counters.passed);
  lookUps('bypass', counters.bypassed);
  lookUps('error', counters.errors);
  const of = { cache };
  take('breakwater_cache_loads_total', counters.loads, of);
  take('breakwater_cache_refreshes_total', counters.refreshes, of);
  take('breakwater_cache_refresh_failures_total', counters.refreshFailures, of);
  take('breakwater_cache_renewals_total', counters.renewed, of);
  take('breakwater_cache_stores_total', counters.stored, of);
  take('breakwater_cache_fenced_total', counters.fenced, of);
  take('breakwater_cache_uncacheable_total', counters.uncacheable, of);
  take('breakwater_cache_invalidations_total', counters.invalidations, of);
  // One request of the owner's may be several look-ups.
  if (owner !== undefined) return;
  const answered = counters.hits + sum(foundFresh) + counters.staleHits + counters.collapsed;
  take('breakwater_backend_calls_saved_total', answered - counters.answeredAndCalled);
}

/** A tier, and what came of using it. */
interface NamedTier extends TierHealth {
  readonly name: string;
  readonly faults?: number;
  readonly dropped?: number;
}

function readTier(take: Take, health: NamedTier): void {
  const { name: tier, status, entries, bytes, evictions, faults, dropped, damaged } = health;
  const of = { tier };
  take('breakwater_cache_tier_up', status === 'up' ? 1 : 0, of);
  take('breakwater_cache_tier_damaged_total', damaged, of);
  // What a tier does not count is not on the page.
  if (entries !== undefined) take('breakwater_cache_tier_entries', entries, of);
  if (bytes !== undefined) take('breakwater_cache_tier_bytes', bytes, of);
  if (evictions !== undefined) take('breakwater_cache_tier_evictions_total', evictions, of);
  if (faults !== undefined) take('breakwater_cache_tier_faults_total', faults, of);
  if (dropped !== undefined) take('breakwater_cache_tier_dropped_writes_total', dropped, of);
}
