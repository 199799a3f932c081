import {
  LONGEST_TIMER_MS,
  OptionReader,
  aClock,
  aScheduler,
  callback,
  group,
  listOf,
  objectWith,
  text,
  wholeNumber,
} from '../ground/index.js';
import type { Clock, Scheduler } from '../ground/index.js';
import { CACHE_POLICY_OPTIONS, resolveCachePolicy } from './kernel/cache-policy.js';
import type { CachePolicyOptions } from './kernel/cache-policy.js';
import type { CachingOptions, ResolvedCachingOptions } from './kernel/cache-context.js';
import type { Random } from './kernel/freshness.js';
import { aCoalescer } from './kernel/look-up-options.js';
import type { MemoryBounds } from './kernel/memory-tier.js';
import { v8Codec } from './v8-codec.js';

/** Options of `CachingModule.forRoot()`. */
export interface CachingModuleOptions extends CachingOptions {
  /** Where time is read. @default the process's clock */
  readonly clock?: Clock | undefined;
  /** Where waiting is scheduled. @default the process's timers */
  readonly scheduler?: Scheduler | undefined;
  /** Where chance comes from. @default Math.random */
  readonly random?: Random | undefined;
}

/** Makes the options, for `forRootAsync({ useClass })` and `useExisting`. */
export interface CachingOptionsFactory {
  createCachingOptions(): CachingModuleOptions | Promise<CachingModuleOptions>;
}

/** A cache declared by `CachingModule.forFeature()`. */
export interface NamedCacheOptions extends CachePolicyOptions {
  readonly name: string;
}

export const NAMED_CACHE_OPTIONS = new OptionReader<NamedCacheOptions>(
  {
    ...CACHE_POLICY_OPTIONS.rules,
    name: text,
  },
  CACHE_POLICY_OPTIONS.relations,
);

type OptionalMembers = 'coalescer' | 'shared';

const DEFAULTS: Required<Omit<CachingOptions, OptionalMembers>> &
  Pick<CachingOptions, OptionalMembers> = {
  coalescer: undefined,
  shared: undefined,
  policy: {},
  memory: {},
  tiers: [],
  codec: v8Codec,
  tierTimeoutMs: 1_000,
  maxPendingWrites: 1_000,
  maxCaches: 1_000,
  maxRemembered: 10_000,
  maxInvalidations: 50_000,
};

const MEMORY_DEFAULTS = { maxBytes: 64 * 1024 * 1024, maxEntries: 1_000_000 };

const TIER_METHODS = ['get', 'set', 'delete', 'deleteTag', 'deletePrefix', 'health', 'close'];

export const MEMORY_BOUNDS = new OptionReader<Partial<MemoryBounds>>({
  maxBytes: wholeNumber(0),
  maxEntries: wholeNumber(0),
});

export const CACHING_OPTIONS_READER = new OptionReader<CachingOptions>({
  coalescer: aCoalescer,
  shared: objectWith(...TIER_METHODS, 'claim', 'listen'),
  policy: group(CACHE_POLICY_OPTIONS),
  memory: group(MEMORY_BOUNDS),
  tiers: listOf(objectWith(...TIER_METHODS)),
  codec: objectWith('encode', 'decode'),
  tierTimeoutMs: wholeNumber(1, LONGEST_TIMER_MS),
  maxPendingWrites: wholeNumber(1),
  maxCaches: wholeNumber(1),
  maxRemembered: wholeNumber(2),
  maxInvalidations: wholeNumber(2),
});

export const CACHING_MODULE_OPTIONS = new OptionReader<CachingModuleOptions>({
  ...CACHING_OPTIONS_READER.rules,
  clock: aClock,
  scheduler: aScheduler,
  random: callback,
});

/**
 * Applies defaults, checks and freezes. An `undefined` option counts as absent.
 *
 * @param path what the options are called in errors
 * @throws InvalidOptionError
 */
export function resolveCachingOptions(
  options?: CachingOptions,
  path = 'caching',
): ResolvedCachingOptions {
  const given = CACHING_OPTIONS_READER.read(options, path, DEFAULTS);
  return Object.freeze({
    ...given,
    policy: resolveCachePolicy(given.policy, `${path}.policy`),
    tiers: Object.freeze([...given.tiers]),
    memory: Object.freeze(MEMORY_BOUNDS.read(given.memory, `${path}.memory`, MEMORY_DEFAULTS)),
  });
}
