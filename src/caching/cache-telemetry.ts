import type { Inquiry } from './inquiry.js';
import { newCounters } from './kernel/cache-counters.js';
import type { CacheCounters, RunningCounters } from './kernel/cache-counters.js';
import type { CacheEvents, KeyEvent } from './kernel/cache-events.js';
import type { RefreshOutages } from './kernel/refresh-outage.js';
import type { StaleBecause } from './kernel/cache-result.js';

type Source = Pick<Inquiry<unknown>, 'key' | 'backend'>;

/** Counts what happens in one cache and tells those who listen. */
export class CacheTelemetry {
  private readonly totals: RunningCounters = newCounters();

  constructor(
    private readonly cache: string,
    private readonly events: CacheEvents,
    private readonly outages: RefreshOutages,
  ) {}

  /** A copy of the totals. */
  counters(): CacheCounters {
    return { ...this.totals };
  }

  hit(key: string): void {
    this.totals.hits++;
    if (this.events.hasSubscribers) this.tell({ type: 'hit', key, tier: 'memory' });
  }

  tierHit(key: string, tier: string): void {
    this.totals.tierHits++;
    if (this.events.hasSubscribers) this.tell({ type: 'hit', key, tier });
  }

  stale(key: string, because: StaleBecause): void {
    this.totals.staleHits++;
    if (because === 'error') this.totals.staleIfError++;
    if (this.events.hasSubscribers) this.tell({ type: 'stale', key, because });
  }

  miss(key: string): void {
    this.totals.misses++;
    if (this.events.hasSubscribers) this.tell({ type: 'miss', key });
  }

  collapsed(key: string): void {
    this.totals.collapsed++;
    if (this.events.hasSubscribers) this.tell({ type: 'collapsed', key });
  }

  passed(): void {
    this.totals.passed++;
  }

  error(): void {
    this.totals.errors++;
  }

  load(): void {
    this.totals.loads++;
  }

  /** @param hadFailed the last refresh of this key did */
  loaded({ backend }: Source, hadFailed: boolean): void {
    this.outages.succeeded({ cache: this.cache, backend }, hadFailed);
  }

  renewed(): void {
    this.totals.renewed++;
  }

  invalidated(): void {
    this.totals.invalidations++;
  }

  refresh(key: string): void {
    this.totals.refreshes++;
    if (this.events.hasSubscribers) this.tell({ type: 'refresh', key });
  }

  refreshFailed({ key, backend }: Source, error: unknown, pauseMs: number): void {
    this.totals.refreshFailures++;
    this.outages.failed({ cache: this.cache, backend }, error);
    if (this.events.hasSubscribers) this.tell({ type: 'refresh-failed', key, error, pauseMs });
  }

  stored(key: string, sizeBytes: number): void {
    this.totals.stored++;
    if (this.events.hasSubscribers) this.tell({ type: 'stored', key, sizeBytes });
  }

  fenced(key: string): void {
    this.totals.fenced++;
    if (this.events.hasSubscribers) this.tell({ type: 'fenced', key });
  }

  uncacheable(key: string, unshared: boolean): void {
    this.totals.uncacheable++;
    if (this.events.hasSubscribers) this.tell({ type: 'uncacheable', key, unshared });
  }

  private tell(event: KeyEvent): void {
    this.events.publish({ ...event, cache: this.cache });
  }
}
