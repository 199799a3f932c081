import { channel } from 'node:diagnostics_channel';
import { Logger } from '@nestjs/common';
import { systemClock, systemScheduler } from '../clock/index.js';
import type { CacheEvent, CacheEvents } from './kernel/cache-telemetry.js';
import type { CachingPorts } from './kernel/caching-ports.js';

/** Name of the channel of `node:diagnostics_channel` on which caches tell their {@link CacheEvent}s. */
export const CACHING_CHANNEL = 'breakwater:caching';

const events = channel(CACHING_CHANNEL);

/** The channel as a port. Its `hasSubscribers` is read at each use: it costs nothing if nobody listens. */
export const channelEvents: CacheEvents = {
  get hasSubscribers() {
    return events.hasSubscribers;
  },
  publish(event: CacheEvent) {
    events.publish(event);
  },
};

/** The clock, the timers and the random numbers of the process, Nest's logger and our channel. */
export const systemCachingPorts: CachingPorts = Object.freeze({
  clock: systemClock,
  scheduler: systemScheduler,
  random: Math.random,
  events: channelEvents,
  log: new Logger('Caching'),
});
