import type { OptionsUnderTest } from '../../ground/testing/options-under-test.js';
import { CACHED_OPTIONS, Cached } from '../cached.decorator.js';
import { CachingModule, CACHING_SERVICE_PROVIDER } from '../caching.module.js';
import {
  CACHING_MODULE_OPTIONS,
  CACHING_OPTIONS_READER,
  MEMORY_BOUNDS,
  NAMED_CACHE_OPTIONS,
} from '../caching.options.js';
import { CachingService } from '../caching.service.js';
import { BACKOFF_BOUNDS, CACHE_OPTIONS, CACHE_POLICY_OPTIONS } from '../kernel/cache-policy.js';
import { LoadOutcome, VALUE_FACTS, VALUE_LIFETIME } from '../kernel/load-outcome.js';
import { LOOK_UP_OPTIONS, SET_OPTIONS } from '../kernel/look-up-options.js';
import { DiskTier } from '../tiers/disk/disk.tier.js';
import { DISK_TIER_OPTIONS } from '../tiers/disk/disk-tier.options.js';

/** The options of caching. */
export const CACHING_OPTIONS_UNDER_TEST: readonly OptionsUnderTest[] = [
  {
    name: 'CACHING_OPTIONS_READER',
    reader: CACHING_OPTIONS_READER,
    give: (options) => new CachingService(options),
  },
  {
    name: 'CACHING_MODULE_OPTIONS',
    reader: CACHING_MODULE_OPTIONS,
    give: (options) => CACHING_SERVICE_PROVIDER.useFactory(options),
  },
  {
    name: 'MEMORY_BOUNDS',
    reader: MEMORY_BOUNDS,
    give: (memory) => new CachingService({ memory }),
  },
  {
    name: 'CACHE_POLICY_OPTIONS',
    reader: CACHE_POLICY_OPTIONS,
    give: (policy) => new CachingService({ policy }),
  },
  {
    name: 'CACHE_OPTIONS',
    reader: CACHE_OPTIONS,
    give: (options) => new CachingService().cache('products', options),
  },
  {
    name: 'VALUE_LIFETIME',
    reader: VALUE_LIFETIME,
    needed: { freshMs: 1, staleMs: 0, staleIfErrorMs: 0 },
    give: (lifetime) => LoadOutcome.keep('value', { lifetime: lifetime as never }),
  },
  {
    name: 'BACKOFF_BOUNDS',
    reader: BACKOFF_BOUNDS,
    give: (refreshBackoff) => new CachingService({ policy: { refreshBackoff } }),
  },
  {
    name: 'NAMED_CACHE_OPTIONS',
    reader: NAMED_CACHE_OPTIONS,
    needed: { name: 'products' },
    give: (options) => CachingModule.forFeature([options as never]),
  },
  {
    name: 'CACHED_OPTIONS',
    reader: CACHED_OPTIONS,
    needed: { key: () => 'key' },
    give: (options) => {
      class Products {
        @Cached(options as never)
        async product(): Promise<void> {
          await Promise.resolve();
        }
      }
      return new Products();
    },
  },
  {
    name: 'LOOK_UP_OPTIONS',
    reader: LOOK_UP_OPTIONS,
    give: (options) => new CachingService().get('key', () => 'value', options),
  },
  {
    name: 'SET_OPTIONS',
    reader: SET_OPTIONS,
    give: (options) => new CachingService().set('key', 'value', options),
  },
  {
    name: 'VALUE_FACTS',
    reader: VALUE_FACTS,
    give: (facts) => LoadOutcome.keep('value', facts),
  },
  {
    name: 'DISK_TIER_OPTIONS',
    reader: DISK_TIER_OPTIONS,
    needed: { directory: '/nowhere', maxBytes: 2 ** 20 },
    give: (options) => DiskTier.open(options as never),
  },
];
