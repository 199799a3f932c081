import type { CacheParts } from './cache-store.js';
import type { InvalidatedCache } from './invalidation-hub.js';
import { isVoid, loadOf } from './load.js';

/** What an invalidation comes to in one cache of this process. */
export class CacheInvalidation implements InvalidatedCache {
  constructor(private readonly parts: CacheParts) {}

  /**
   * Memory, flights and what is remembered of `key`.
   * @param before what is known to have this version, or a later one, is not void
   */
  forgetKey(key: string, before = Infinity): void {
    const { store, backoff, markers, flights } = this.parts;
    store.deleteFromMemory(key, before);
    backoff.succeeded(key);
    markers.unmark(key);
    flights.forget(key, (flight) => isVoid(flight, before));
  }

  /** The flights under way whose values will carry `tag`. */
  forgetTag(tag: string, before = Infinity): void {
    this.parts.flights.forgetAll(
      (flight) => loadOf(flight)?.lookUp.tags.includes(tag) === true && isVoid(flight, before),
    );
  }

  /** {@link forgetKey} for all keys. */
  forgetAll(before = Infinity): void {
    const { store, backoff, markers, flights } = this.parts;
    store.memory.clear();
    backoff.clear();
    markers.clear();
    flights.forgetAll((flight) => isVoid(flight, before));
  }

  /** Of a soft invalidation: the flights, and the pauses after refreshes that have failed. */
  outdated(key: string | undefined, before = Infinity): void {
    const { backoff, flights } = this.parts;
    if (key === undefined) {
      backoff.clear();
      flights.forgetAll((flight) => isVoid(flight, before));
    } else {
      backoff.succeeded(key);
      flights.forget(key, (flight) => isVoid(flight, before));
    }
  }
}
