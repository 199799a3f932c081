export { cacheStatus } from './cache-status.js';
export type { CacheStatusParts, ForwardedBecause } from './cache-status.js';
export { isStrongMatch, isWeakMatch, tagsIn } from './entity-tag.js';
export {
  closingQuote,
  endToEnd,
  FieldNames,
  itemsOf,
  linesOf,
  trimmed,
  valueOf,
  without,
} from './fields.js';
export type { Fields, Head } from './fields.js';
export { authorityOf, literalSegment, normalHost, normalTarget } from './request-target.js';
export type { BadTarget, NormalTarget } from './request-target.js';
export { NO_VARIANTS, selectedVariants, variantId, withUse, withVariant } from './variants.js';
export type { Variant, VaryIndex } from './variants.js';
export { reducedEncodings, selectingKey, varyNames } from './vary.js';
export { answerControlOf, deltaSeconds, MAX_DELTA_S, requestControlOf } from './cache-control.js';
export type { AnswerControl, Dictionary, RequestControl } from './cache-control.js';
export { formatHttpDate, parseHttpDate } from './http-date.js';
export { forbidsStale, freshnessOf, staleWindowsOf } from './freshness.js';
export type { Arrival, Freshness, Heuristic, StaleWindows, Trust } from './freshness.js';
export { heuristicFor, verdictOf } from './storing.js';
export type { AskedWith, NotStored, Verdict } from './storing.js';
export {
  CLIENT_CONDITIONS,
  conditionsOf,
  evaluate,
  isToldBy304,
  notModifiedFields,
} from './conditions.js';
export type { ClientConditions } from './conditions.js';
export { contentRange, rangeOf } from './ranges.js';
export type { ByteRange } from './ranges.js';
export {
  currentAgeS,
  isFailure,
  mayReuse,
  mayStandIn,
  reuseFactsOf,
  unreachableStatus,
} from './reuse.js';
export type { Asker, Reuse, ReuseFacts } from './reuse.js';
export { headTells, updated, validatedBy, validationFields, validatorsOf } from './validation.js';
export type { Validators } from './validation.js';
