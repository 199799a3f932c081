import type { Clock, Scheduler } from '../../ground/index.js';
import type { LeaseEvents } from '../kernel/index.js';
import type { Store } from '../store/store.js';

/** What the protocol needs from the world around it. */
export interface LeasePorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** From 0 to 1, as `Math.random`. */
  readonly random: () => number;
  /** An identifier that no other process has: letters, digits, dashes and underscores. */
  readonly newId: () => string;
  readonly events: LeaseEvents;
  /** For what an operator has to know of. @default nobody is told */
  readonly log?: LeaseLog;
}

/** Lines of the log. */
export interface LeaseLog {
  warn(message: string): void;
  log(message: string): void;
}
