import type { Runtime } from '../../ground/index.js';
import type { StaleBecause } from './cache-entry.js';
import type { Invalidation } from './epochs.js';
import type { OutageLog, RefreshOutages, RefreshSource } from './refresh-outages.js';

/** Name of the channel of `node:diagnostics_channel` on which caches tell their `CacheEvent`s. */
export const CACHING_CHANNEL = 'breakwater:caching';

/** What happened in one cache since it was made. */
export interface CacheCounters {
  /** Look-ups answered by a fresh value from memory. */
  readonly hits: number;
  /** Look-ups answered by a stale value, errors included. */
  readonly staleHits: number;
  /** Of these, the ones in which the stale value replaced an error. */
  readonly staleIfError: number;
  /** Look-ups that started a flight because there was no value to serve. */
  readonly misses: number;
  /** Look-ups that joined a flight. */
  readonly collapsed: number;
  /** Of the misses, those that made their own call, since the key's values cannot be shared. */
  readonly passed: number;
  /** Look-ups that did not ask the cache, since what they ask for is one caller's alone. */
  readonly bypassed: number;
  /** Look-ups answered by a fresh value that a flight has found, by the tier that had it. */
  readonly foundFresh: Readonly<Record<string, number>>;
  /** Of {@link staleHits}, those answered by what a flight has found, by the tier that had it. */
  readonly foundStale: Readonly<Record<string, number>>;
  /**
   * Of the look-ups that were answered by what was there, fresh or stale, those that caused a call all the
   * same: a refresh behind the answer, or one that failed.
   */
  readonly answeredAndCalled: number;
  /** Look-ups that ended with an error. */
  readonly errors: number;
  /** Calls of a loader. */
  readonly loads: number;
  /** Refreshes started behind a value that was served. */
  readonly refreshes: number;
  /** Refreshes that failed. */
  readonly refreshFailures: number;
  /** Refreshes that found the value not modified. */
  readonly renewed: number;
  /** Values put into the cache. */
  readonly stored: number;
  /** Values that came too late: invalidated or overtaken while they were computed. */
  readonly fenced: number;
  /** Values that must not be kept, or are too large. */
  readonly uncacheable: number;
  /** Look-ups answered by a tier below memory, fresh or stale. */
  readonly tierHits: number;
  /** Invalidations by key, and of the whole cache. */
  readonly invalidations: number;
}

/** What happened in several caches. */
export function sumOfCounters(one: CacheCounters, other: CacheCounters): CacheCounters {
  const sums = Object.entries(other).map(([name, count]) => {
    const before = one[name as keyof CacheCounters];
    return [name, typeof count === 'number' ? count + (before as number) : byTier(before, count)];
  });
  return Object.fromEntries(sums) as CacheCounters;
}

type ByTier = CacheCounters['foundFresh'];

function byTier(one: unknown, other: unknown): ByTier {
  const sums = { ...(one as ByTier) };
  for (const [tier, count] of Object.entries(other as ByTier)) {
    sums[tier] = (sums[tier] ?? 0) + count;
  }
  return sums;
}

/** What happened to one key of a cache. */
export type KeyEvent = { readonly key: string } & (
  | { readonly type: 'hit'; readonly tier: string }
  | { readonly type: 'stale'; readonly because: StaleBecause }
  | { readonly type: 'miss' | 'collapsed' | 'refresh' | 'fenced' }
  | { readonly type: 'refresh-failed'; readonly error: unknown; readonly pauseMs: number }
  | { readonly type: 'stored'; readonly sizeBytes: number }
  /** It had to go, to make room for others. */
  | { readonly type: 'evicted'; readonly tier: 'memory'; readonly sizeBytes: number }
  | { readonly type: 'uncacheable'; readonly unshared: boolean }
);

/** What happened, told after it has happened. */
export type CacheEvent =
  | (KeyEvent & {
      /** Name of the cache. */
      readonly cache: string;
    })
  | { readonly type: 'invalidated'; readonly invalidation: Invalidation }
  /** A tier below memory has dropped so many records to make room. */
  | { readonly type: 'tier-evicted'; readonly tier: string; readonly records: number }
  | { readonly type: 'tier-fault'; readonly tier: string; readonly error: unknown };

/** The port for events; a channel of `node:diagnostics_channel` is one. */
export interface CacheEvents {
  /** Whether anyone listens: otherwise no event is even made. */
  readonly hasSubscribers: boolean;
  publish(event: CacheEvent): void;
}

/** What caches need from outside. */
export interface CachingPorts extends Runtime {
  readonly events: CacheEvents;
  /** Where operators are told what they should know. */
  readonly log: OutageLog;
}

type Backend = RefreshSource['backend'];

type Writable<T> = {
  -readonly [K in keyof T]: T[K] extends number ? number : Record<string, number>;
};

/** Counts what happens in one cache and tells those who listen. */
export class CacheTelemetry {
  private readonly totals: Writable<CacheCounters> = {
    hits: 0,
    staleHits: 0,
    staleIfError: 0,
    misses: 0,
    collapsed: 0,
    passed: 0,
    bypassed: 0,
    foundFresh: {},
    foundStale: {},
    answeredAndCalled: 0,
    errors: 0,
    loads: 0,
    refreshes: 0,
    refreshFailures: 0,
    renewed: 0,
    stored: 0,
    fenced: 0,
    uncacheable: 0,
    tierHits: 0,
    invalidations: 0,
  };

  constructor(
    private readonly cache: string,
    private readonly events: CacheEvents,
    private readonly outages: RefreshOutages,
  ) {}

  /** A copy of the totals. */
  counters(): CacheCounters {
    const { foundFresh, foundStale } = this.totals;
    return { ...this.totals, foundFresh: { ...foundFresh }, foundStale: { ...foundStale } };
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

  /** A look-up is answered by what a flight has found in `tier`. */
  found(how: 'foundFresh' | 'foundStale', tier: string): void {
    const totals = this.totals[how];
    totals[tier] = (totals[tier] ?? 0) + 1;
  }

  /** The look-up that is answered by what was there has caused a call. */
  answeredAndCalled(): void {
    this.totals.answeredAndCalled++;
  }

  bypassed(): void {
    this.totals.bypassed++;
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
  loaded(backend: Backend, hadFailed: boolean): void {
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

  refreshFailed(key: string, backend: Backend, error: unknown, pauseMs: number): void {
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
    // A spread in front would take microseconds on Node 20.
    this.events.publish({ cache: this.cache, ...event });
  }
}

/** What is known of an entry that memory had to drop. */
interface Evicted {
  readonly part: { readonly cache: string };
  readonly key: string;
  readonly bytes: number;
}

/** Tells of the entries that memory drops to make room. */
export function evictionTeller(events: CacheEvents): (evicted: Evicted) => void {
  return ({ part: { cache }, key, bytes: sizeBytes }) => {
    if (!events.hasSubscribers) return;
    try {
      events.publish({ type: 'evicted', cache, key, tier: 'memory', sizeBytes });
    } catch {
      // Who watches cannot change what happens: memory is to come within its bounds.
    }
  };
}
