import type { FlightKeys, ValueSharing } from '../../coalescing/kernel/index.js';
import type { CacheContext } from './cache-context.js';
import { limitedTo, outdate } from './cache-entry.js';
import type { CacheEntry } from './cache-entry.js';
import { storagePrefix } from './cache-key.js';
import type { EntryKey } from './cache-key.js';
import type { CachePolicy } from './cache-policy.js';
import type { CacheTelemetry } from './cache-telemetry.js';
import { isFresh, isKept } from './freshness.js';
import type { PassMarkers } from './pass-markers.js';
import type { RefreshBackoff } from './refresh-backoff.js';
import type { FoundBelow, StoredCache } from './lower-tiers.js';
import type { MemoryEntry, MemoryPart } from './memory-tier.js';
import type { SharedOutcome, TierLease, TierRecord, ValueCodec } from './tier.js';

/** What one cache is made of. */
export interface CacheParts {
  readonly context: CacheContext;
  readonly store: CacheStore;
  /** Its keys in whichever coalescers run its flights. */
  readonly flights: FlightKeys;
  readonly backoff: RefreshBackoff;
  readonly markers: PassMarkers;
  readonly telemetry: CacheTelemetry;
}

/** What is looked for, and how long a value of it may live here. */
export interface Wanted {
  readonly key: EntryKey;
  readonly policy: CachePolicy;
}

/** The flight that looks for it. */
export interface Finder {
  readonly number: number;
  /** Epoch in which it began: what was invalidated since is of no use to it. */
  readonly epoch: number;
  readonly values: ValueSharing;
}

/** The values of one cache, in all tiers. Everything old is fenced here, and only here. */
export class CacheStore implements StoredCache {
  /** The part of memory that is this cache's. */
  readonly memory: MemoryPart;
  /** What {@link EntryKey}s of it begin with. */
  readonly prefix: string;
  readonly codec: ValueCodec;

  constructor(
    readonly name: string,
    private readonly context: CacheContext,
    /** Where its values are encoded otherwise than those of other caches. */
    private readonly ownCodec?: ValueCodec,
  ) {
    this.codec = ownCodec ?? context.options.codec;
    this.memory = context.memory.part(name);
    this.prefix = storagePrefix(name);
  }

  /** What this machine's tiers below hold that is of use; memory is warmed by it. */
  async findBelow({ key, policy }: Wanted, finder: Finder): Promise<FoundBelow | undefined> {
    const { context } = this;
    const below = await context.tiers.find(this, key.stored, finder.number, finder.values);
    if (!below) return undefined;
    const entry = limitedTo(policy, below.entry);
    if (this.isVoid(key, entry, finder.epoch, below.version)) return undefined;
    const held = this.memory.find(key.text)?.entry;
    if (held && held.bornWall >= entry.bornWall) return undefined;
    const found = { entry, tier: below.tier, version: below.version };
    // Where there are other processes, they are asked first whether it still holds.
    if (!context.shared) this.warm(key, found);
    return found;
  }

  /** What any tier holds that is of use, for who makes no call; memory is warmed by it. */
  async findAnywhere(wanted: Wanted, values: ValueSharing): Promise<CacheEntry | undefined> {
    const { context, memory } = this;
    const held = memory.find(wanted.key.text)?.entry;
    if (held) return held;
    const finder = { number: context.nextFlight(), epoch: context.epochs.now, values };
    if (!context.shared) return (await this.findBelow(wanted, finder))?.entry;
    // What this machine has besides, others may have invalidated unheard.
    const record = await context.shared.get(wanted.key.stored);
    return record && this.take(wanted, record, finder)?.entry;
  }

  /** What memory holds in doubt under `key`: others may have invalidated it. */
  doubtful({ text }: EntryKey): FoundBelow | undefined {
    return asFound(this.memory.doubtful(text));
  }

  /** What memory holds under `key`, in the words of the tiers below. */
  inMemory({ text }: EntryKey): FoundBelow | undefined {
    return asFound(this.memory.find(text));
  }

  /** What the shared tier gave, if it is of use; memory is warmed by it. */
  take({ key, policy }: Wanted, record: TierRecord, finder: Finder): FoundBelow | undefined {
    const given = this.context.tiers.take(this, record, finder.number, finder.values);
    const taken = given && { ...given, entry: limitedTo(policy, given.entry) };
    if (!taken || this.isVoid(key, taken.entry, finder.epoch, record.version)) return undefined;
    this.warm(key, taken);
    return taken;
  }

  /** Puts into memory what a tier below had; in doubt, it is to be confirmed before memory serves it. */
  warm({ text }: EntryKey, { entry, version }: FoundBelow, { inDoubt = false } = {}): void {
    const now = this.context.ports.clock.monotonic();
    if (isKept(entry, now)) this.memory.put(text, entry, version, inDoubt);
  }

  /**
   * Whether what was computed since `epoch` was invalidated meanwhile.
   * @param version in the tier that processes share, where it has one: that decides
   */
  isRevoked(key: EntryKey, tags: readonly string[], epoch: number, version?: number): boolean {
    const { epochs } = this.context;
    if (version === undefined && epochs.now === epoch) return false;
    const subject = { cache: this.name, key: key.stored, tags };
    return epochs.revokedSince(epoch, subject, version);
  }

  /** Whether what is stored, and was looked at in `epoch`, is to be dropped since; or else it is outdated, if it was. */
  isVoid(key: EntryKey, entry: CacheEntry, epoch: number, version?: number): boolean {
    const { epochs } = this.context;
    if (version === undefined && epochs.now === epoch) return false;
    const subject = { cache: this.name, key: key.stored, tags: entry.tags };
    if (epochs.voidedSince(epoch, subject, version)) return true;
    const wall = epochs.outdatedSince(epoch, subject, version);
    if (wall !== undefined) outdate(entry, Math.max(wall, entry.bornWall));
    return false;
  }

  /** Whether memory holds something that a later flight has brought. */
  isOvertaken({ text }: EntryKey, flight: number): boolean {
    const held = this.memory.find(text);
    return held !== undefined && held.entry.flight > flight;
  }

  /** What memory holds under `key`, in doubt or not, if it is `entry`. */
  holding({ text }: EntryKey, entry: CacheEntry): MemoryEntry | undefined {
    const held = this.memory.find(text) ?? this.memory.doubtful(text);
    return held?.entry === entry ? held : undefined;
  }

  /** Stores `entry` in every tier. Whether any of them may hold it. */
  keep(key: EntryKey, entry: CacheEntry): boolean {
    const fits = this.memory.put(key.text, entry);
    return this.keepBelow(key, entry) || fits;
  }

  /** Stores `entry` in every tier below memory. Whether there is any. */
  keepBelow(key: EntryKey, entry: CacheEntry): boolean {
    const { tiers, shared } = this.context;
    if (!tiers.any && !shared) return false;
    tiers.store(this, key.stored, entry);
    return true;
  }

  /** The entry as the tiers below would keep it, if it is fresh and whole. */
  recordOf(key: EntryKey, entry: CacheEntry): TierRecord | undefined {
    if (entry.completed) return undefined;
    const fresh = isFresh(entry, this.context.ports.clock.monotonic());
    return fresh ? this.context.tiers.recordOf(this.codec, key.stored, entry) : undefined;
  }

  /**
   * A value for other processes that is not kept: as the shared tier's own codec takes it, or in the bytes
   * of the cache's. `undefined` for one that its codec refuses.
   */
  outcomeOf(value: unknown): SharedOutcome | undefined {
    const { ownCodec, context } = this;
    if (!ownCodec) return { kind: 'value', value };
    const bytes = context.tiers.encode(ownCodec, value);
    return bytes && { kind: 'value', value: bytes };
  }

  /** The value of another process's outcome. @throws for bytes that the cache's codec does not know */
  valueOf(told: unknown): unknown {
    if (!this.ownCodec) return told;
    if (!(told instanceof Uint8Array)) throw new TypeError('not the bytes of a codec');
    return this.ownCodec.decode(told);
  }

  /**
   * {@link keep} for what was loaded by the right to write the shared tier: in memory at once, unless
   * that right is in doubt, or what memory holds is. What is refused leaves memory. Resolves to whether it
   * is kept.
   */
  async publish(key: EntryKey, entry: CacheEntry, lease: TierLease): Promise<boolean> {
    const { memory, context } = this;
    const { text } = key;
    const inDoubt = lease.doubtful === true || memory.doubtful(text)?.entry === entry;
    if (!inDoubt && !this.holding(key, entry)) memory.put(text, entry);
    const version = await context.tiers.publish(this, key.stored, entry, lease);
    if (version === 'refused') {
      if (this.holding(key, entry)) memory.delete(text);
      return false;
    }
    if (inDoubt && !this.isOutdated(key, entry, version)) memory.put(text, entry);
    const held = memory.find(text);
    if (held?.entry === entry) held.version = version;
    return true;
  }

  /** Whether something newer has come, or the entry was invalidated since its birth. */
  private isOutdated(
    key: EntryKey,
    { flight, bornWall, tags }: CacheEntry,
    version: number | undefined,
  ): boolean {
    const subject = { cache: this.name, key: key.stored, tags };
    return (
      this.isOvertaken(key, flight) || this.context.epochs.revokedBorn(bornWall, subject, version)
    );
  }

  /** Drops what is stored under `key`, because something newer came that cannot be kept. */
  discard(key: EntryKey): void {
    this.memory.delete(key.text);
    void this.context.tiers.drop('delete', key.stored);
  }

  /** @param before what has this version, or a later one, stays */
  deleteFromMemory(key: string, before = Infinity): void {
    const version = this.memory.find(key)?.version;
    if (version === undefined || version < before) this.memory.delete(key);
  }
}

function asFound(
  held: { readonly entry: CacheEntry; readonly version: number | undefined } | undefined,
): FoundBelow | undefined {
  return held && { entry: held.entry, tier: 'memory', version: held.version };
}
