export { AbortWatch } from './abort-watch.js';
export type { AbortPlace, AbortWaiter } from './abort-watch.js';
export { isBackendUrl } from './backend-url.js';
export { BoundedMap } from './bounded-map.js';
export { GRPC, grpcStatusOf, tellClient } from './refusal-to-client.js';
export { up } from './health-result.js';
export type { HealthResult } from './health-result.js';
export { hashKey } from './hash-key.js';
export { InvalidOptionError } from './invalid-option.error.js';
export { textOfParts } from './key-text.js';
export type { KeyPart } from './key-text.js';
export { LogEvent } from './log-event.js';
export { LinkedSet } from './linked-set.js';
export type { Place } from './linked-set.js';
export { editDistance, nearName } from './near-name.js';
export { OptionReader, checkNamed, group } from './option-reader.js';
export type { OptionRules } from './option-reader.js';
export {
  LONGEST_TIMER_MS,
  RUNTIME_RULES,
  aClock,
  aScheduler,
  aSignal,
  anObject,
  anyMs,
  anyText,
  anything,
  callback,
  flag,
  lifetimeMs,
  list,
  listOf,
  numberAbove,
  numberFrom,
  objectWith,
  oneOf,
  orElse,
  patienceMs,
  recordOf,
  rule,
  text,
  texts,
  timerMs,
  wholeNumber,
} from './option-rules.js';
export type { NumberRange, OptionRule } from './option-rules.js';
export {
  CoarseClock,
  WallTime,
  elapsedMs,
  instantOf,
  runtimeOf,
  systemClock,
  systemScheduler,
} from './runtime.js';
export type {
  Cancel,
  Clock,
  Instant,
  Random,
  Runtime,
  RuntimeOptions,
  Scheduler,
} from './runtime.js';
export type { WsClient } from './refusal-to-client.js';
export { VERSION } from './version.js';
