import type { ValueSharing } from '../../coalescing/kernel/index.js';
import { sizeOf } from './cache-entry.js';
import type { CacheEntry } from './cache-entry.js';
import type { CachingPorts } from './cache-telemetry.js';
import { LogEvent } from '../../ground/index.js';
import type { WallTime } from '../../ground/index.js';
import type { Epochs } from './epochs.js';
import { isFresh, isKept } from './freshness.js';
import type { GuardedTier, GuardedTierHealth } from './guarded-tier.js';
import { outdatedRecord } from './tier.js';
import type { Drop, TierLease, TierRecord, ValueCodec } from './tier.js';

/** A value that a tier below memory had. */
export interface FoundBelow {
  readonly entry: CacheEntry;
  /** The tier's name. */
  readonly tier: string;
  readonly version: number | undefined;
}

/** The cache whose values are looked for or stored. */
export interface StoredCache {
  readonly name: string;
  readonly codec: ValueCodec;
}

/** A record that a tier has. */
export interface FoundRecord {
  readonly record: TierRecord;
  readonly tier: GuardedTier;
  readonly ageMs: number;
}

/** The tiers below memory, in the order in which they are asked. */
export class LowerTiers {
  /** Whether there is any that is asked by {@link find}. */
  readonly any: boolean;
  private encodable = true;

  constructor(
    /** Those of this machine. */
    private readonly own: readonly GuardedTier[],
    /** The one below them that other processes share, for everything but claims. */
    private readonly shared: GuardedTier | undefined,
    private readonly epochs: Epochs,
    private readonly wallTime: WallTime,
    private readonly ports: CachingPorts,
  ) {
    this.any = own.length > 0;
  }

  /**
   * The first fresh value of this machine's tiers, which is copied to the tiers above it; or else the
   * youngest that is of any use. Whatever is damaged, from the future, or invalidated counts as missing.
   */
  async find(
    cache: StoredCache,
    key: string,
    flight: number,
    values: ValueSharing,
  ): Promise<FoundBelow | undefined> {
    const stale: FoundRecord[] = [];
    for (const tier of this.own) {
      const found = this.accept(await tier.get(key), cache.name, key, tier);
      if (!found) continue;
      if (!isFresh({ ...found.record, bornAt: 0 }, found.ageMs)) {
        stale.push(found);
        continue;
      }
      const below = this.decode(found, cache.codec, flight, values);
      if (!below) continue;
      // As it is: a record that is copied upward keeps its birth.
      for (const above of this.own.slice(0, this.own.indexOf(tier))) above.set(found.record);
      return below;
    }
    stale.sort((a, b) => a.ageMs - b.ageMs);
    for (const found of stale) {
      const below = this.decode(found, cache.codec, flight, values);
      if (below) return below;
    }
    return undefined;
  }

  /** What each tier holds that is of use, as it is, for who only looks. */
  async look(cache: string, key: string): Promise<FoundRecord[]> {
    const found = await Promise.all(
      this.list().map(async (tier) => this.accept(await tier.get(key), cache, key, tier)),
    );
    return found.filter((each) => each !== undefined);
  }

  /** What the shared tier gave, copied to the tiers above it; `undefined` if it is of no use. */
  take(
    cache: StoredCache,
    record: TierRecord,
    flight: number,
    values: ValueSharing,
  ): FoundBelow | undefined {
    const { shared } = this;
    const found = shared && this.accept(record, cache.name, record.key, shared);
    const below = found && this.decode(found, cache.codec, flight, values);
    if (below) for (const tier of this.own) tier.set(found.record);
    return below;
  }

  /** Writes an entry to every tier, behind. */
  store({ codec }: StoredCache, key: string, entry: CacheEntry): void {
    const record = this.recordOf(codec, key, entry);
    if (!record) return;
    for (const tier of this.own) tier.set(record);
    this.shared?.set(record);
  }

  /**
   * Writes an entry to every tier, behind, by the right to write the shared one. Resolves to its version
   * there. What was invalidated meanwhile, or refused there, is not written.
   */
  async publish(
    { name: cache, codec }: StoredCache,
    key: string,
    entry: CacheEntry,
    lease: TierLease,
  ): Promise<number | 'refused' | undefined> {
    const record = this.recordOf(codec, key, entry);
    if (!record) {
      lease.release('unshareable');
      return undefined;
    }
    const version = await lease.publish(record);
    if (version === 'refused') return version;
    const subject = { cache, key, tags: record.tags };
    if (!this.epochs.revokedBorn(record.bornAt, subject, version)) {
      const kept = version === undefined ? record : { ...record, version };
      for (const tier of this.own) tier.set(kept);
    }
    return version;
  }

  /** Ends when every tier has dropped it, or could not: whether all of them have. */
  drop(how: Drop, what: string, ownOnly = false): Promise<boolean> {
    return this.all((tier) => tier.drop(how, what), ownOnly);
  }

  /** {@link drop}, where what there is may still be of use as stale. */
  outdate(how: Drop, what: string, wall: number, ownOnly = false): Promise<boolean> {
    return this.all((tier) => tier.outdate(how, what, wall), ownOnly);
  }

  async close(): Promise<void> {
    await this.all((tier) => tier.close());
  }

  health(): GuardedTierHealth[] {
    return this.list().map((tier) => tier.health());
  }

  private list(): readonly GuardedTier[] {
    return this.shared ? [...this.own, this.shared] : this.own;
  }

  private async all(
    operation: (tier: GuardedTier) => Promise<boolean>,
    ownOnly = false,
  ): Promise<boolean> {
    const done = await Promise.all((ownOnly ? this.own : this.list()).map(operation));
    return !done.includes(false);
  }

  private accept(
    stored: TierRecord | undefined,
    cache: string,
    key: string,
    tier: GuardedTier,
  ): FoundRecord | undefined {
    if (stored?.key !== key) return undefined;
    const { tags, version, bornAt } = stored;
    const ageMs = this.wallTime.ageOf(bornAt);
    if (ageMs === undefined) return undefined;
    const subject = { cache, key, tags };
    if (this.epochs.revokedBorn(bornAt, subject, version)) return undefined;
    const wall = this.epochs.outdatedBorn(bornAt, subject, version);
    const record = wall === undefined ? stored : outdatedRecord(stored, Math.max(wall, bornAt));
    return isKept({ ...record, bornAt: 0 }, ageMs) ? { record, tier, ageMs } : undefined;
  }

  private decode(
    { record, tier, ageMs }: FoundRecord,
    codec: ValueCodec,
    flight: number,
    values: ValueSharing,
  ): FoundBelow | undefined {
    try {
      // What cannot be shared is of no more use than what cannot be read.
      const value = values.share(codec.decode(record.payload));
      const { tags, etag, bornAt: bornWall, version } = record;
      const { freshMs, staleMs, staleIfErrorMs, keepMs } = record;
      const bornAt = this.ports.clock.monotonic() - ageMs;
      const times = { bornAt, bornWall, freshMs, staleMs, staleIfErrorMs, keepMs };
      const sizeBytes = sizeOf(value);
      const entry = {
        value,
        copy: values.copy,
        ...times,
        tags,
        etag,
        loadMs: 0,
        sizeBytes,
        completed: undefined,
        alone: false,
        outdated: record.outdated === true,
        flight,
      };
      return { entry, tier: tier.name, version };
    } catch {
      tier.payloadDamaged();
      void tier.drop('delete', record.key);
      return undefined;
    }
  }

  /** An entry as tiers keep it; `undefined` for a value that the codec refuses. */
  recordOf(codec: ValueCodec, key: string, entry: CacheEntry): TierRecord | undefined {
    const { bornWall: bornAt, freshMs, staleMs, staleIfErrorMs, keepMs, tags, etag } = entry;
    const { outdated = false } = entry;
    const payload = this.encode(codec, entry.value);
    return (
      payload && {
        ...{ key, bornAt, freshMs, staleMs, staleIfErrorMs, tags },
        ...(keepMs !== undefined && { keepMs }),
        ...(etag !== undefined && { etag }),
        ...(outdated && { outdated }),
        payload,
      }
    );
  }

  /** The bytes of a value; `undefined` for one that the codec refuses. */
  encode(codec: ValueCodec, value: unknown): Uint8Array | undefined {
    try {
      return codec.encode(value);
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown';
      if (this.encodable) {
        const words = `Values are kept in memory alone: ${reason}`;
        this.ports.log.warn(new LogEvent('cache.memory-alone', words, { reason }));
      }
      this.encodable = false;
      return undefined;
    }
  }
}
