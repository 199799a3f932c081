import type { CacheEntry } from './cache-entry.js';
import type { CacheParts } from './cache-store.js';
import type { LeasedCall } from './leased-load.js';
import type { LookUp } from './look-up-options.js';
import type { MemoryEntry } from './memory-tier.js';

/** The load that has brought the head of it. */
interface BegunBy {
  /** Epoch in which its call began. */
  readonly callEpoch: number;
  /** In the tier that processes share: of the right to call, or of what was found. */
  readonly version: number | undefined;
  /** Where its call was made in place of all processes. */
  readonly leased: LeasedCall | undefined;
  readonly lookUp: Pick<LookUp<unknown>, 'key' | 'policy'>;
}

/**
 * An entry in memory whose value is still arriving: a hit for whoever comes, and nothing yet for the tiers
 * below and for other processes, which get it once it is whole.
 */
export class Filling {
  constructor(
    private readonly parts: CacheParts,
    private readonly load: BegunBy,
    private readonly entry: CacheEntry,
  ) {}

  /**
   * Ends, and never fails, when the value is whole or will never be.
   *
   * @param confined fulfilled when nobody but this process is to get it
   */
  async until(
    completed: PromiseLike<number>,
    confined: PromiseLike<unknown> | undefined,
  ): Promise<void> {
    confined?.then(
      () => this.confine(),
      () => undefined,
    );
    let sizeBytes: number;
    try {
      sizeBytes = await completed;
    } catch {
      this.giveUp('gave-up');
      return;
    }
    const { lookUp, callEpoch, version } = this.load;
    const { key, policy } = lookUp;
    const { store, telemetry } = this.parts;
    // What is no size at all is more than may be kept, too.
    const held = store.holding(key, this.entry);
    if (store.isRevoked(key, this.entry.tags, callEpoch, version)) {
      telemetry.fenced(key.text);
      this.giveUp('gave-up');
    } else if (!(sizeBytes >= 0 && sizeBytes <= policy.maxEntryBytes)) this.giveUp('unshareable');
    else if (held) this.keep(held, sizeBytes);
    // It had to make room, or something else has come.
    else this.giveUp('gave-up');
  }

  /** Who waits elsewhere is not to wait for the end of what he will not get. */
  private confine(): void {
    const { entry, load } = this;
    if (entry.completed === undefined || entry.alone) return;
    entry.alone = true;
    load.leased?.lease.release('unshareable');
  }

  private keep(held: MemoryEntry, sizeBytes: number): void {
    const { parts, load, entry } = this;
    const { store, telemetry } = parts;
    const { key } = load.lookUp;
    entry.completed = undefined;
    store.memory.resize(held, sizeBytes);
    telemetry.stored(key.text, sizeBytes);
    if (entry.alone) return;
    if (load.leased) load.leased.keep(key, entry);
    else store.keepBelow(key, entry);
  }

  /** Memory lets go of it, unless it has something else by now; nobody else gets it. */
  private giveUp(why: 'unshareable' | 'gave-up'): void {
    const { parts, load, entry } = this;
    const { key, policy } = load.lookUp;
    if (parts.store.holding(key, entry)) parts.store.memory.delete(key.text);
    if (entry.alone) return;
    load.leased?.lease.release(why);
    // Nobody is to queue for the next one, of which nobody who comes late would have anything.
    if (why === 'unshareable') parts.markers.mark(key.text, policy.passMs);
  }
}
