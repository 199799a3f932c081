export * from './backend/index.js';
export * from './caching/index.js';
export * from './circuit-breaker/index.js';
export * from './cluster/index.js';
export * from './coalescing/index.js';
export {
  InvalidOptionError,
  elapsedMs,
  instantOf,
  systemClock,
  systemScheduler,
} from './ground/index.js';
export type { Cancel, Clock, Instant, Scheduler } from './ground/index.js';
export { boundPipelines } from './http/index.js';
export * from './routes/index.js';
// Both have key parts; those of a cache are the more general.
export type { KeyPart } from './caching/index.js';
