import type { Clock, Scheduler } from '../../ground/index.js';
import type { CacheEvents } from './cache-telemetry.js';
import type { Random } from './freshness.js';
import type { OutageLog } from './load-history.js';

/** What caches need from outside. */
export interface CachingPorts {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly events: CacheEvents;
  /** Where operators are told what they should know. */
  readonly log: OutageLog;
}
