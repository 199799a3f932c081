import { ManualClock } from '../../ground/manual-clock.js';
import { createCoalescer } from '../../coalescing/index.js';
import type { Coalescer, CoalescerOptions } from '../../coalescing/index.js';
import { CachingService } from '../caching.service.js';
import type { CacheKey } from '../kernel/cache-key.js';
import type { CachePolicyOptions } from '../kernel/cache-policy.js';
import type { CacheResult } from '../kernel/cache-entry.js';
import type { CacheEvent } from '../kernel/cache-telemetry.js';
import type { CachingOptions } from '../kernel/cache-context.js';
import type { LoadContext } from '../kernel/load-outcome.js';
import type { LookUpOptions } from '../kernel/look-up-options.js';
import type { NamedCache } from '../kernel/named-cache.js';

/** One call of a loader, ended by the test. */
export interface ScriptedLoad {
  readonly context: LoadContext<unknown>;
  resolve(value?: unknown): void;
  reject(error: unknown): void;
}

/** Caches on manual time and scripted chance, over a real coalescer; loaders end as the test says. */
export class Harness {
  readonly clock: ManualClock;
  readonly coalescer: Coalescer;
  readonly caching: CachingService;
  readonly cache: NamedCache;
  /** Every call of {@link load}, in order. */
  readonly loads: ScriptedLoad[] = [];
  readonly events: CacheEvent[] = [];
  readonly warnings: string[] = [];
  readonly notes: string[] = [];
  /** What `random()` returns: 0 leaves freshness unshortened and pauses as short as they get. */
  chance = 0;

  constructor({
    clock = new ManualClock(),
    coalescer = {},
    policy = {},
    ...options
  }: Omit<CachingOptions, 'coalescer'> & {
    clock?: ManualClock;
    coalescer?: CoalescerOptions;
  } = {}) {
    this.clock = clock;
    this.coalescer = createCoalescer('test', coalescer, { clock, scheduler: clock });
    this.caching = new CachingService(
      { coalescer: this.coalescer, policy: { ...HARNESS_POLICY, ...policy }, ...options },
      {
        clock,
        scheduler: clock,
        random: () => this.chance,
        events: { hasSubscribers: true, publish: (event) => this.events.push(event) },
        log: {
          warn: (line) => this.warnings.push(String(line)),
          log: (line) => this.notes.push(String(line)),
        },
      },
    );
    this.cache = this.caching.cache('test');
  }

  /** A loader that hangs until the test ends it through {@link loads}. */
  readonly load = (context: LoadContext<unknown>): Promise<unknown> =>
    new Promise((resolve, reject) => {
      this.loads.push({ context, resolve, reject });
    });

  /** Looks `key` up with {@link load}. */
  ask(key: CacheKey = 'k', options?: LookUpOptions): Promise<CacheResult<unknown>> {
    return this.cache.lookUp(key, this.load, options);
  }

  /** Looks `key` up and, if that calls the loader, lets it return `value`. */
  async fill(value: unknown = 'v', key: CacheKey = 'k', options?: LookUpOptions): Promise<unknown> {
    const asked = this.ask(key, options);
    await settle();
    this.loads.at(-1)?.resolve(value);
    const result = await asked;
    await settle();
    return result;
  }

  /** The loader call number `index`, from 0; negative ones count from the end. */
  at(index: number): ScriptedLoad {
    const load = this.loads.at(index);
    if (!load) throw new Error(`The loader was called ${this.loads.length} times only`);
    return load;
  }
}

/** Short times that are easy to reckon with. */
export const HARNESS_POLICY = {
  freshMs: 100,
  staleMs: 1_000,
  staleIfErrorMs: 2_000,
  refreshBackoff: { minMs: 50, maxMs: 400 },
} satisfies CachePolicyOptions;

/** Lets everything that is due without time passing happen. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 60; i++) await Promise.resolve();
}
