import { Logger } from '@nestjs/common';
import { systemClock, systemScheduler } from '../clock/index.js';
import { channelEvents } from './caching.channel.js';
import type { CachingPorts } from './caching-ports.js';

/** The clock, the timers and the random numbers of the process, Nest's logger and our channel. */
export const systemCachingPorts: CachingPorts = Object.freeze({
  clock: systemClock,
  scheduler: systemScheduler,
  random: Math.random,
  events: channelEvents,
  log: new Logger('Caching'),
});
