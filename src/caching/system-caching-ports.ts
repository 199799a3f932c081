import { channel } from 'node:diagnostics_channel';
import { Logger } from '@nestjs/common';
import { systemClock, systemScheduler } from '../ground/index.js';
import type { CachingPorts } from './kernel/caching-ports.js';

/** Name of the channel of `node:diagnostics_channel` on which caches tell their `CacheEvent`s. */
export const CACHING_CHANNEL = 'breakwater:caching';

/** The clock, the timers and the random numbers of the process, Nest's logger and our channel. */
export const systemCachingPorts: CachingPorts = Object.freeze({
  clock: systemClock,
  scheduler: systemScheduler,
  random: Math.random,
  events: channel(CACHING_CHANNEL),
  log: new Logger('Caching'),
});
