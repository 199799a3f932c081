import { CacheLoading } from './cache-loading.js';
import type { LoadingParts } from './cache-loading.js';
import type { RunningFlight } from './flight-runner.js';
import type { Inquiry } from './inquiry.js';
import type { LoadingListener, LoadingPurpose } from './loading-purpose.js';
import { SharedLoading } from './shared-loading.js';

/** The loading of one flight: with other processes, if there are any that it may share with. */
export function loadingOf<T>(
  parts: LoadingParts,
  inquiry: Inquiry<T>,
  purpose: LoadingPurpose,
  flight: RunningFlight,
  listener: LoadingListener,
): CacheLoading<T> {
  const { shared } = parts.room;
  return shared && !purpose.solo
    ? new SharedLoading(shared, parts, inquiry, purpose, flight, listener)
    : new CacheLoading(parts, inquiry, purpose, flight, listener);
}
