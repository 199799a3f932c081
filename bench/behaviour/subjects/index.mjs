import { subject as asyncCacheDedupe } from './async-cache-dedupe.mjs';
import { subject as bentocache } from './bentocache.mjs';
import { subject as breakwaterBreaker } from './breakwater-breaker.mjs';
import { subject as breakwaterCaching } from './breakwater-caching.mjs';
import { subject as cacheManager } from './cache-manager.mjs';
import { subject as cacheable } from './cacheable.mjs';
import { subject as cockatiel } from './cockatiel.mjs';
import { subject as dataloader } from './dataloader.mjs';
import { subject as lruCache } from './lru-cache.mjs';
import { subject as mollitia } from './mollitia.mjs';
import { subject as opossum } from './opossum.mjs';
import { subject as pMemoize } from './p-memoize.mjs';
import { subject as undici } from './undici.mjs';

/** All subjects, in the order of the tables' columns; none loads its package before it is used. */
export const subjects = Object.freeze([
  breakwaterCaching,
  asyncCacheDedupe,
  pMemoize,
  lruCache,
  dataloader,
  cacheManager,
  cacheable,
  bentocache,
  undici,
  breakwaterBreaker,
  opossum,
  cockatiel,
  mollitia,
]);
