export { cacheStatus } from './cache-status.js';
export type { CacheStatusParts, ForwardedBecause } from './cache-status.js';
export { closingQuote, endToEnd, itemsOf, linesOf, trimmed, valueOf, without } from './fields.js';
export type { Fields, Head } from './fields.js';
export { authorityOf, literalSegment, normalHost, normalTarget } from './request-target.js';
export type { BadTarget, NormalTarget } from './request-target.js';
export { NO_VARIANTS, selectedVariants, variantId, withUse, withVariant } from './variants.js';
export type { Variant, VaryIndex } from './variants.js';
export { reducedEncodings, selectingKey, varyNames } from './vary.js';
