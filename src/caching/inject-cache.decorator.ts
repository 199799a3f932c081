import { Inject } from '@nestjs/common';
import { getCacheToken } from './get-cache-token.js';

/**
 * Injects the cache `name`, declared by `CachingModule.forFeature()`; without a name, the default one.
 * @example
 * constructor(@InjectCache('products') private readonly products: NamedCache) {}
 */
export const InjectCache = (name?: string): PropertyDecorator & ParameterDecorator =>
  Inject(getCacheToken(name));
