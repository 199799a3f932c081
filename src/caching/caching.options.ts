import { channel } from 'node:diagnostics_channel';
import { deserialize, serialize } from 'node:v8';
import { Logger } from '@nestjs/common';
import { moduleBuilder, globally } from '../module-options/index.js';
import type { GlobalModule } from '../module-options/index.js';
import {
  LONGEST_TIMER_MS,
  OptionReader,
  group,
  listOf,
  objectWith,
  text,
  wholeNumber,
  RUNTIME_RULES,
  runtimeOf,
} from '../ground/index.js';
import type { RuntimeOptions } from '../ground/index.js';
import type { CachingOptions, ResolvedCachingOptions } from './kernel/cache-context.js';
import type { CachingPorts } from './kernel/cache-telemetry.js';
import { CACHING_CHANNEL } from './caching.tokens.js';
import { CACHE_OPTIONS, CACHE_POLICY_OPTIONS, resolveCachePolicy } from './kernel/cache-policy.js';
import type { CacheOptions } from './kernel/cache-policy.js';
import type { ValueCodec } from './kernel/index.js';
import { aCoalescer } from './kernel/look-up-options.js';
import type { MemoryBounds } from './kernel/memory-tier.js';

/**
 * The structured clone format of V8: knows Buffers, Dates, Maps, Sets, BigInts, `undefined` and cycles.
 * Refuses functions; instances of classes come back as plain objects.
 */
export const v8Codec: ValueCodec = {
  encode: (value) => serialize(value),
  decode: (bytes) => deserialize(bytes) as unknown,
};

/** Options of `CachingModule.forRoot()`. */
export interface CachingModuleOptions extends CachingOptions, RuntimeOptions {}

/** Makes the options, for `forRootAsync({ useClass })` and `useExisting`. */
export interface CachingOptionsFactory {
  createCachingOptions(): CachingModuleOptions | Promise<CachingModuleOptions>;
}

/** A cache declared by `CachingModule.forFeature()`. */
export interface NamedCacheOptions extends CacheOptions {
  readonly name: string;
}

export const NAMED_CACHE_OPTIONS = new OptionReader<NamedCacheOptions>(
  {
    ...CACHE_OPTIONS.rules,
    name: text,
  },
  CACHE_OPTIONS.relations,
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
  ...RUNTIME_RULES,
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

/** The clock, the timers and the random numbers of the process, Nest's logger and our channel. */
export const systemCachingPorts: CachingPorts = Object.freeze({
  ...runtimeOf(),
  events: channel(CACHING_CHANNEL),
  log: new Logger('Caching'),
});

/** What is said about the module itself. */
export type CachingModuleExtras = GlobalModule;

export const {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN: CACHING_OPTIONS,
  OPTIONS_TYPE,
  ASYNC_OPTIONS_TYPE,
} = moduleBuilder<CachingModuleOptions, 'createCachingOptions'>('CachingModule')
  .setExtras<CachingModuleExtras>({ isGlobal: true }, globally)
  .build();
