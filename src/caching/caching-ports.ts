import type { Clock, Scheduler } from '../clock/index.js';
import type { CacheEvents } from './kernel/cache-events.js';
import type { OutageLog } from './kernel/refresh-outage.js';
import type { Random } from './kernel/jitter.js';

/** What caches need from outside. */
export interface CachingPorts {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly events: CacheEvents;
  /** Where operators are told what they should know. */
  readonly log: OutageLog;
}
