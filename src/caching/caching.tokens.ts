import { Inject } from '@nestjs/common';
import { text } from '../ground/index.js';

/** Name of the cache that is used where none is named. */
export const DEFAULT_CACHE = 'default';

export { CACHING_CHANNEL } from './kernel/cache-telemetry.js';

/** Injection token of the {@link SharedTier} that is used where the option `shared` names none. */
export const SHARED_TIER = 'breakwater:shared-tier';

/**
 * Injection token of the cache `name`, for `overrideProvider` and custom providers. It reads like the call
 * that provides it: Nest's message tells it where nobody has called it.
 *
 * @throws InvalidOptionError for a name that is no text
 */
export function getCacheToken(name: string = DEFAULT_CACHE): string {
  text.check(name, '@InjectCache()', 'name');
  if (name === DEFAULT_CACHE) return 'default of CachingModule.forRoot()';
  return `CachingModule.forFeature([${JSON.stringify(name)}])`;
}

/**
 * Injects the cache `name`, declared by `CachingModule.forFeature()`; without a name, the default one.
 * @example
 * constructor(@InjectCache('products') private readonly products: NamedCache) {}
 */
export const InjectCache = (name?: string): PropertyDecorator & ParameterDecorator =>
  Inject(getCacheToken(name));
