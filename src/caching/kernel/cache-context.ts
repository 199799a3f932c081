import type { Coalescer } from '../../coalescing/kernel/index.js';
import { systemClock, systemScheduler, CoarseClock, WallTime } from '../../ground/index.js';
import { outdate } from './cache-entry.js';
import { storageKey } from './cache-key.js';
import type { CachePolicy, CachePolicyOptions } from './cache-policy.js';
import { evictionTeller } from './cache-telemetry.js';
import type { CachingPorts } from './cache-telemetry.js';
import { Epochs } from './epochs.js';
import { GuardedTier } from './guarded-tier.js';
import type { TierBounds } from './guarded-tier.js';
import { RefreshOutages } from './refresh-outages.js';
import { LowerTiers } from './lower-tiers.js';
import { MemoryTier } from './memory-tier.js';
import type { MemoryBounds } from './memory-tier.js';
import type { SharedTier, Tier, ValueCodec } from './tier.js';

/** What runs the flights of caches: a {@link Coalescer}, or what `CoalescingService.coalescer()` gives. */
export type CacheCoalescer = Pick<Coalescer, 'join' | 'runAlone' | 'valueSharing'>;

/** What the caches of a module are made with. */
export interface CachingOptions {
  /**
   * Runs the flights of caches whose look-ups name no other: it bounds them, and says how values are shared.
   * @default the default coalescer of `CoalescingModule` where it is there, and else one of the caches' own
   */
  readonly coalescer?: CacheCoalescer | undefined;
  /** Policy of caches that have none of their own. */
  readonly policy?: CachePolicyOptions | undefined;
  /** Bounds of the memory tier, over all caches. @default 64 MiB and 1_000_000 entries */
  readonly memory?: Partial<MemoryBounds> | undefined;
  /** Tiers below memory, the nearest first. They are closed on shutdown. @default none */
  readonly tiers?: readonly Tier[] | undefined;
  /**
   * The tier below {@link tiers} that other processes share, and that decides which of them calls the
   * backend. @default what the cluster module provides, if it is there
   */
  readonly shared?: SharedTier | undefined;
  /** How values become bytes for {@link tiers}, in caches that have no codec of their own. @default v8Codec */
  readonly codec?: ValueCodec | undefined;
  /** Longest wait for a look-up in one tier, in milliseconds; then it is a miss. @default 1_000 */
  readonly tierTimeoutMs?: number | undefined;
  /** Writes under way in one tier; more are dropped. @default 1_000 */
  readonly maxPendingWrites?: number | undefined;
  /** Caches that may be made, by whatever name. @default 1_000 */
  readonly maxCaches?: number | undefined;
  /**
   * Keys, in each cache, whose failed refreshes and whose pass markers are remembered.
   * @default 10_000
   */
  readonly maxRemembered?: number | undefined;
  /**
   * Invalidations of each kind that are remembered in order to fence what is under way; what is older
   * than the oldest of them counts as invalidated where that cannot be told.
   * @default 50_000
   */
  readonly maxInvalidations?: number | undefined;
}

/** {@link CachingOptions} with every default applied, checked and frozen. */
export type ResolvedCachingOptions = Readonly<
  Required<Omit<CachingOptions, 'coalescer' | 'policy' | 'memory' | 'shared'>> &
    Pick<CachingOptions, 'coalescer' | 'shared'> & {
      policy: CachePolicy;
      memory: MemoryBounds;
    } & TierBounds
>;

/** What all caches of one module share: tiers, epochs, and the order of flights. */
export class CacheContext {
  readonly wallTime: WallTime;
  readonly epochs: Epochs;
  readonly memory: MemoryTier;
  readonly tiers: LowerTiers;
  readonly outages: RefreshOutages;
  /** The tier that other processes share, for claims. */
  readonly shared: SharedTier | undefined;
  private readonly coarse: CoarseClock | undefined;
  private flights = 0;

  constructor(
    readonly options: ResolvedCachingOptions,
    readonly ports: CachingPorts,
    /** Of look-ups that name none. */
    readonly coalescer: CacheCoalescer,
  ) {
    const { clock, scheduler } = ports;
    // A clock and timers that move independently of each other would let a coarse reading get stuck.
    const ofTheProcess = clock === systemClock && scheduler === systemScheduler;
    if (ofTheProcess) this.coarse = new CoarseClock(clock, scheduler);
    this.shared = options.shared;
    this.outages = new RefreshOutages(clock, ports.log);
    this.wallTime = new WallTime(clock);
    this.epochs = new Epochs(this.wallTime, options.maxInvalidations);
    this.memory = new MemoryTier(options.memory, evictionTeller(ports.events), (held) => {
      const { entry, version, judgedIn, part, key } = held;
      const subject = { cache: part.cache, key: storageKey(part.cache, key), tags: entry.tags };
      const at = this.epochs.outdatedSince(judgedIn, subject, version);
      if (at !== undefined) outdate(entry, at);
    });
    const guarded = options.tiers.map((tier) => new GuardedTier(tier, options, ports));
    const shared = options.shared && new GuardedTier(options.shared, options, ports);
    this.tiers = new LowerTiers(guarded, shared, this.epochs, this.wallTime, ports);
  }

  /** Monotonic time for hits: to the millisecond, where the process's own clock is read. */
  get hitTime(): number {
    return this.coarse ? this.coarse.now() : this.ports.clock.monotonic();
  }

  /** Number of the next flight: later flights have higher ones. */
  nextFlight(): number {
    return ++this.flights;
  }
}
