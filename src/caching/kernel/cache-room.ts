import { systemClock, systemScheduler } from '../../clock/index.js';
import type { ResolvedCachingOptions } from './caching-options.interface.js';
import type { CachingPorts } from './caching-ports.js';
import { CoarseClock, WallTime } from './clocks.js';
import { Epochs } from './epochs.js';
import { GuardedTier } from './guarded-tier.js';
import { LowerTiers } from './lower-tiers.js';
import { MemoryTier } from './memory-tier.js';
import { RefreshOutages } from './refresh-outage.js';
import type { SharedTier } from './tier.js';

/** What all caches of one module share: tiers, epochs, and the order of flights. */
export class CacheRoom {
  readonly wallTime: WallTime;
  readonly epochs: Epochs;
  readonly memory: MemoryTier;
  readonly tiers: LowerTiers;
  readonly outages: RefreshOutages;
  private readonly coarse: CoarseClock | undefined;
  private flights = 0;

  constructor(
    readonly options: ResolvedCachingOptions,
    readonly ports: CachingPorts,
  ) {
    const { clock, scheduler } = ports;
    // A clock and timers that move independently of each other would let a coarse reading get stuck.
    const ofTheProcess = clock === systemClock && scheduler === systemScheduler;
    if (ofTheProcess) this.coarse = new CoarseClock(clock, scheduler);
    this.outages = new RefreshOutages(clock, ports.log);
    this.wallTime = new WallTime(clock);
    this.epochs = new Epochs(this.wallTime, options.maxInvalidations);
    this.memory = new MemoryTier(options.memory);
    const guarded = options.tiers.map((tier) => new GuardedTier(tier, options, ports));
    const shared = options.shared && new GuardedTier(options.shared, options, ports);
    this.tiers = new LowerTiers(guarded, shared, options.codec, this.epochs, this.wallTime, ports);
  }

  /** Monotonic time for hits: to the millisecond, where the process's own clock is read. */
  get hitTime(): number {
    return this.coarse ? this.coarse.now() : this.ports.clock.monotonic();
  }

  /** The tier that other processes share, for claims. */
  get shared(): SharedTier | undefined {
    return this.options.shared;
  }

  /** Number of the next flight: later flights have higher ones. */
  nextFlight(): number {
    return ++this.flights;
  }
}
