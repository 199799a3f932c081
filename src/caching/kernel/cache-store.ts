import { limitedTo } from './cache-entry.js';
import type { CacheEntry } from './cache-entry.js';
import { storagePrefix, storedKey } from './cache-key.js';
import type { CacheRoom } from './cache-room.js';
import { isExpired, isFresh } from './freshness.js';
import type { Inquiry } from './inquiry.js';
import type { FoundBelow } from './lower-tiers.js';
import type { MemoryShelf, MemorySlot } from './memory-tier.js';
import type { SharedValues } from './shared-values.js';
import type { TierLease, TierRecord } from './tier.js';

/** What is looked for, and how long a value of it may live here. */
type KeyAndPolicy = Pick<Inquiry<unknown>, 'key' | 'policy'>;

/** The values of one cache, in all tiers. Everything old is fenced here, and only here. */
export class CacheStore {
  private readonly shelf: MemoryShelf;
  private readonly prefix: string;

  constructor(
    readonly name: string,
    private readonly room: CacheRoom,
  ) {
    this.shelf = room.memory.shelf();
    this.prefix = storagePrefix(name);
  }

  /** What `key` is called in the tiers below memory, and among flights. */
  storageKey(key: string): string {
    return this.prefix + storedKey(key);
  }

  /** What memory holds under `key`, whatever its age. */
  find(key: string): MemorySlot | undefined {
    return this.shelf.find(key);
  }

  touch(slot: MemorySlot): void {
    this.shelf.touch(slot);
  }

  /** What the tiers below hold under `key` that is of use; memory is warmed by it. */
  async findBelow(
    { key, policy }: KeyAndPolicy,
    flight: number,
    epoch: number,
    values: SharedValues,
  ): Promise<FoundBelow | undefined> {
    const { name, room } = this;
    const below = await room.tiers.find(name, this.storageKey(key), flight, values);
    if (!below) return undefined;
    const found = { ...below, entry: limitedTo(policy, below.entry) };
    const { entry } = found;
    if (this.isRevoked(key, entry.tags, epoch, below.version)) return undefined;
    const held = this.find(key)?.entry;
    if (held && held.bornWall >= entry.bornWall) return undefined;
    // Where there are other processes, they are asked first whether it still holds.
    if (!room.shared) this.warm(key, found);
    return found;
  }

  /** What memory holds in doubt under `key`: others may have invalidated it. */
  doubtful(key: string): FoundBelow | undefined {
    const slot = this.shelf.doubtful(key);
    return slot && { entry: slot.entry, tier: 'memory', version: slot.version };
  }

  /** What the shared tier gave under `key`, if it is of use; memory is warmed by it. */
  take(
    { key, policy }: KeyAndPolicy,
    record: TierRecord,
    flight: number,
    epoch: number,
    values: SharedValues,
  ): FoundBelow | undefined {
    const given = this.room.tiers.take(this.name, record, flight, values);
    const taken = given && { ...given, entry: limitedTo(policy, given.entry) };
    if (!taken || this.isRevoked(key, taken.entry.tags, epoch, record.version)) return undefined;
    this.warm(key, taken);
    return taken;
  }

  /** Puts into memory what a tier below had. */
  warm(key: string, { entry, version }: FoundBelow): void {
    if (!isExpired(entry, this.room.ports.clock.monotonic())) this.shelf.put(key, entry, version);
  }

  /**
   * Whether what was computed since `epoch` was invalidated meanwhile.
   * @param version in the tier that processes share, where it has one: that decides
   */
  isRevoked(key: string, tags: readonly string[], epoch: number, version?: number): boolean {
    const { epochs } = this.room;
    if (version === undefined && epochs.now === epoch) return false;
    const subject = { cache: this.name, key: this.storageKey(key), tags };
    return epochs.revokedSince(epoch, subject, version);
  }

  /** Whether memory holds something that a later flight has brought. */
  isOvertaken(key: string, flight: number): boolean {
    const slot = this.find(key);
    return slot !== undefined && slot.entry.flight > flight;
  }

  /** Stores `entry` in every tier. Whether any of them may hold it. */
  keep(key: string, entry: CacheEntry): boolean {
    const fits = this.shelf.put(key, entry);
    const { tiers, shared } = this.room;
    if (!tiers.any && !shared) return fits;
    tiers.store(this.storageKey(key), entry);
    return true;
  }

  /** Stores `entry` in memory alone. Whether it fits. */
  hold(key: string, entry: CacheEntry): boolean {
    return this.shelf.put(key, entry);
  }

  /** The entry as the tiers below would keep it, if it is fresh. */
  recordOf(key: string, entry: CacheEntry): TierRecord | undefined {
    const fresh = isFresh(entry, this.room.ports.clock.monotonic());
    return fresh ? this.room.tiers.recordOf(this.storageKey(key), entry) : undefined;
  }

  /**
   * {@link keep} for what was loaded by the right to write the shared tier: in memory at once, unless
   * that right is in doubt. What is refused leaves memory. Resolves to whether it is kept.
   */
  async publish(key: string, entry: CacheEntry, lease: TierLease): Promise<boolean> {
    const { doubtful = false } = lease;
    if (!doubtful) this.shelf.put(key, entry);
    const version = await this.room.tiers.publish(this.name, this.storageKey(key), entry, lease);
    if (version === 'refused') {
      if (this.find(key)?.entry === entry) this.shelf.delete(key);
      return false;
    }
    if (doubtful && !this.isOutdated(key, entry, version)) this.shelf.put(key, entry);
    const slot = this.find(key);
    if (slot?.entry === entry) slot.version = version;
    return true;
  }

  /** Whether something newer has come, or the entry was invalidated since its birth. */
  private isOutdated(
    key: string,
    { flight, bornWall, tags }: CacheEntry,
    version: number | undefined,
  ): boolean {
    const subject = { cache: this.name, key: this.storageKey(key), tags };
    return (
      this.isOvertaken(key, flight) || this.room.epochs.revokedBorn(bornWall, subject, version)
    );
  }

  /** Drops what is stored under `key`, because something newer came that cannot be kept. */
  discard(key: string): void {
    this.shelf.delete(key);
    void this.room.tiers.delete(this.storageKey(key));
  }

  /** @param before what has this version, or a later one, stays */
  deleteFromMemory(key: string, before = Infinity): void {
    const version = this.find(key)?.version;
    if (version === undefined || version < before) this.shelf.delete(key);
  }

  clearMemory(): void {
    this.shelf.clear();
  }

  get entries(): number {
    return this.shelf.entries;
  }
}
