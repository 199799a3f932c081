import {
  LONGEST_TIMER_MS,
  OptionReader,
  aClock,
  aScheduler,
  callback,
  group,
  listOf,
  objectWith,
  wholeNumber,
} from '../ground/index.js';
import type { CachingModuleOptions } from './caching-module-options.interface.js';
import type { CachingOptions, ResolvedCachingOptions } from './caching-options.interface.js';
import { CACHE_POLICY_OPTIONS, resolveCachePolicy } from './kernel/resolve-cache-policy.js';
import type { MemoryBounds } from './tiers/memory/memory-tier.js';
import { v8Codec } from './value-codec.js';

type OptionalMembers = 'flights' | 'shared';

const DEFAULTS: Required<Omit<CachingOptions, OptionalMembers>> &
  Pick<CachingOptions, OptionalMembers> = {
  flights: undefined,
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

/** What brings many calls for one key together. */
export const aFlightRunner = objectWith('run', 'forget');

export const CACHING_OPTIONS_READER = new OptionReader<CachingOptions>({
  flights: aFlightRunner,
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
