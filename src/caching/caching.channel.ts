import { channel } from 'node:diagnostics_channel';
import type { CacheEvent, CacheEvents } from './kernel/cache-events.js';

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
