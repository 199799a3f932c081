import type { CacheEntry } from '../kernel/cache-entry.js';
import type { Epochs } from '../kernel/epochs.js';
import { isExpired, isFresh } from '../kernel/freshness.js';
import { sizeOf } from '../kernel/size-of.js';
import type { WallTime } from '../kernel/wall-time.js';
import type { CachingPorts } from '../caching-ports.js';
import type { ValueCodec } from '../value-codec.js';
import type { GuardedTier, GuardedTierHealth } from './guarded-tier.js';
import type { TierRecord } from './tier.js';

/** A value that a tier below memory had. */
export interface FoundBelow {
  readonly entry: CacheEntry;
  readonly tier: GuardedTier;
}

interface FoundRecord {
  readonly record: TierRecord;
  readonly tier: GuardedTier;
  readonly ageMs: number;
}

/** The tiers below memory, in the order in which they are asked. */
export class LowerTiers {
  private encodable = true;

  constructor(
    private readonly tiers: readonly GuardedTier[],
    private readonly codec: ValueCodec,
    private readonly epochs: Epochs,
    private readonly wallTime: WallTime,
    private readonly ports: CachingPorts,
  ) {}

  /** Whether there is any. */
  get any(): boolean {
    return this.tiers.length > 0;
  }

  /**
   * The first fresh value, which is copied to the tiers above it; or else the youngest that is of any
   * use. Whatever is damaged, from the future, or invalidated counts as missing.
   */
  async find(cache: string, key: string, flight: number): Promise<FoundBelow | undefined> {
    const stale: FoundRecord[] = [];
    for (const tier of this.tiers) {
      const found = this.accept(await tier.get(key), cache, key, tier);
      if (!found) continue;
      if (!isFresh({ ...found.record, bornAt: 0 }, found.ageMs)) {
        stale.push(found);
        continue;
      }
      const below = this.decode(found, flight);
      if (!below) continue;
      // As it is: a record that is copied upward keeps its birth.
      for (const above of this.tiers.slice(0, this.tiers.indexOf(tier))) above.set(found.record);
      return below;
    }
    stale.sort((a, b) => a.ageMs - b.ageMs);
    for (const found of stale) {
      const below = this.decode(found, flight);
      if (below) return below;
    }
    return undefined;
  }

  /** Writes an entry to every tier, behind. */
  store(key: string, entry: CacheEntry): void {
    if (!this.any) return;
    const { bornWall: bornAt, freshMs, staleMs, staleIfErrorMs, tags, etag } = entry;
    const payload = this.encode(entry.value);
    if (!payload) return;
    const record: TierRecord = {
      key,
      bornAt,
      freshMs,
      staleMs,
      staleIfErrorMs,
      tags,
      ...(etag !== undefined && { etag }),
      payload,
    };
    for (const tier of this.tiers) tier.set(record);
  }

  /** Ends when every tier has dropped the record of `key`. */
  delete(key: string): Promise<void> {
    return this.all((tier) => tier.delete(key));
  }

  deleteTag(tag: string): Promise<void> {
    return this.all((tier) => tier.deleteTag(tag));
  }

  deletePrefix(prefix: string): Promise<void> {
    return this.all((tier) => tier.deletePrefix(prefix));
  }

  close(): Promise<void> {
    return this.all((tier) => tier.close());
  }

  health(): GuardedTierHealth[] {
    return this.tiers.map((tier) => tier.health());
  }

  private async all(operation: (tier: GuardedTier) => Promise<void>): Promise<void> {
    await Promise.all(this.tiers.map(operation));
  }

  private accept(
    record: TierRecord | undefined,
    cache: string,
    key: string,
    tier: GuardedTier,
  ): FoundRecord | undefined {
    if (record?.key !== key) return undefined;
    const ageMs = this.wallTime.ageOf(record.bornAt);
    if (ageMs === undefined || isExpired({ ...record, bornAt: 0 }, ageMs)) return undefined;
    if (this.epochs.revokedBorn(record.bornAt, { cache, key, tags: record.tags })) return undefined;
    return { record, tier, ageMs };
  }

  private decode({ record, tier, ageMs }: FoundRecord, flight: number): FoundBelow | undefined {
    try {
      const value = this.codec.decode(record.payload);
      const { freshMs, staleMs, staleIfErrorMs, tags, etag, bornAt: bornWall } = record;
      const bornAt = this.ports.clock.monotonic() - ageMs;
      const times = { bornAt, bornWall, freshMs, staleMs, staleIfErrorMs };
      const sizeBytes = sizeOf(value);
      return { tier, entry: { value, ...times, tags, etag, loadMs: 0, sizeBytes, flight } };
    } catch {
      tier.payloadDamaged();
      void tier.delete(record.key);
      return undefined;
    }
  }

  private encode(value: unknown): Uint8Array | undefined {
    try {
      return this.codec.encode(value);
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown';
      if (this.encodable) this.ports.log.warn(`Values are kept in memory alone: ${reason}`);
      this.encodable = false;
      return undefined;
    }
  }
}
