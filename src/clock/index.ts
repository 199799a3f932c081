export { elapsedMs, instantOf, systemClock } from './clock.js';
export type { Clock, Instant } from './clock.js';
export { systemScheduler } from './scheduler.js';
export type { Cancel, Scheduler } from './scheduler.js';
