import { InvalidOptionError } from '../../ground/index.js';
import { newEntry } from './cache-entry.js';
import { keyText } from './cache-key.js';
import type { CacheKey, PreparedKey } from './cache-key.js';
import type { LoadingParts } from './cache-loading.js';
import { CacheLookUps } from './cache-look-ups.js';
import { CacheMoment } from './cache-moment.js';
import { CallPolicies } from './cache-policy.js';
import type { CachePolicy } from './cache-policy.js';
import { valueFor } from './cache-result.js';
import type { CacheResult } from './cache-result.js';
import type { CacheRoom } from './cache-room.js';
import { CacheStore } from './cache-store.js';
import { CacheTelemetry } from './cache-telemetry.js';
import type { CacheCounters } from './cache-telemetry.js';
import { MissingFlightRunnerError } from './caching.error.js';
import type { Inquiry } from './inquiry.js';
import type { InvalidatedCache, InvalidationHub } from './invalidation-hub.js';
import type { CacheLoader } from './load-outcome.js';
import { LOOK_UP_OPTIONS, SET_OPTIONS } from './look-up-options.js';
import type { LookUpOptions, SetOptions } from './look-up-options.js';
import { PassMarkers } from './pass-markers.js';
import { RefreshBackoff } from './refresh-backoff.js';
import { rejecting } from './rejecting.js';
import { SharedValues } from './shared-values.js';
import { sizeOf } from './size-of.js';

const NO_OPTIONS: LookUpOptions = Object.freeze({});
const NO_TAGS: readonly string[] = Object.freeze([]);

/**
 * A cache with its own keys and its own policy, in the tiers that all caches share.
 * @example
 * const products = caching.cache('products');
 * const product = await products.get(['SKU1', 'de'], ({ signal }) => fetchProduct('SKU1', 'de', signal));
 */
export class NamedCache implements InvalidatedCache {
  private readonly lookUps: CacheLookUps;
  private readonly parts: LoadingParts;
  private readonly policies: CallPolicies;

  /** Made by `CachingService.cache(name)`. */
  constructor(
    /** What the cache is called in metrics, and in the keys of the tiers below memory. */
    readonly name: string,
    /** Policy where a call has none of its own. */
    readonly policy: CachePolicy,
    private readonly room: CacheRoom,
    private readonly invalidations: InvalidationHub,
  ) {
    const { clock, random, events } = room.ports;
    const { maxRemembered } = room.options;
    this.policies = new CallPolicies(policy);
    this.parts = {
      room,
      store: new CacheStore(name, room),
      backoff: new RefreshBackoff(clock, random, maxRemembered),
      markers: new PassMarkers(clock, maxRemembered),
      telemetry: new CacheTelemetry(name, events, room.outages),
    };
    this.lookUps = new CacheLookUps(this.parts);
    invalidations.register(name, this);
  }

  /**
   * The fresh value that memory has for `key`, at once: no promise, no timer. Nothing is
   * started, whatever is missing; on `undefined` call {@link lookUp}. For fast paths.
   */
  peek<T>(key: CacheKey | PreparedKey): CacheResult<T> | undefined {
    return this.lookUps.peek(keyText(key), this.policy.earlyRefresh);
  }

  /**
   * The value of `key`: from memory, from a tier below, from a flight in progress, or from `load`,
   * which is called at most once at a time for a key.
   *
   * The value is shared with all callers, and by default frozen in depth: do not change it.
   * @throws (as a rejection) what `load` throws, if no stale value may replace it; a value that cannot be
   * shared counts as such an error
   */
  get<T>(key: CacheKey, load: CacheLoader<T>, options: LookUpOptions = NO_OPTIONS): Promise<T> {
    const text = textOf(key);
    const entry =
      text === undefined ? undefined : this.lookUps.fresh(text, this.earlyRefreshOf(options));
    if (entry) return Promise.resolve(valueFor(entry) as T);
    return this.inquire(key, load, options).then(valueOf);
  }

  /** {@link get}, with how the value was served. */
  lookUp<T>(
    key: CacheKey,
    load: CacheLoader<T>,
    options: LookUpOptions = NO_OPTIONS,
  ): Promise<CacheResult<T>> {
    const text = textOf(key);
    const hit =
      text === undefined ? undefined : this.lookUps.peek<T>(text, this.earlyRefreshOf(options));
    return hit ? Promise.resolve(hit) : this.inquire(key, load, options);
  }

  /**
   * The present moment. Take it before you ask a source for what you will {@link set}, and give it as
   * `asOf`.
   */
  moment(): CacheMoment {
    const { room } = this;
    return new CacheMoment(room.epochs.now, room.nextFlight(), room.ports.clock.monotonic());
  }

  /**
   * Puts a value into all tiers. Flights of `key` that are under way bring theirs to those who wait
   * and to nobody else. Whether the value was kept; it was not if it is too large, or outdated by what
   * has happened since `asOf`.
   *
   * Without `asOf` the value counts as the newest there is: what you have read from a source brings back
   * what was invalidated while you read.
   *
   * It is shared like one that a loader has brought: by default it is frozen in depth from now on.
   * @throws where a loader's value would be refused; what was stored stays
   */
  set(key: CacheKey, value: unknown, options: SetOptions = NO_OPTIONS): boolean {
    const { room, parts } = this;
    const text = keyText(key);
    const policy = this.policies.of(options, SET_OPTIONS);
    const values = new SharedValues(options.flights ?? room.options.flights);
    const shared = values.share(value);
    const sizeBytes = options.sizeBytes ?? sizeOf(shared, policy.maxEntryBytes);
    const { asOf } = options;
    if (asOf === undefined) {
      room.epochs.revokeKey(parts.store.storageKey(text));
      this.forgetKey(text);
    } else if (this.isOutdated(text, options.tags, asOf)) {
      return false;
    }
    if (sizeBytes > policy.maxEntryBytes) {
      parts.store.discard(text);
      return false;
    }
    const { clock, random } = room.ports;
    const now = clock.monotonic();
    const loadMs = asOf === undefined ? 0 : now - asOf.at;
    const birth = {
      ...{ value: shared, copy: values.copy, negative: false, sizeBytes, loadMs },
      facts: { ...options, ageMs: Math.max(0, options.ageMs ?? 0) + loadMs },
      flight: asOf?.flight ?? room.nextFlight(),
    };
    const arrival = { monotonic: now, wall: room.wallTime.next() };
    parts.telemetry.stored(text, sizeBytes);
    return parts.store.keep(text, newEntry(birth, policy, arrival, random));
  }

  /**
   * Drops what is stored under `key`. When this returns, nobody gets it from here any more, and no
   * flight under way can bring it back; the promise ends when the tiers below have dropped it.
   *
   * @returns whether all of them have. In a cluster `false` says that the store did not take it yet:
   * other instances may serve what they have until it does, which is tried again and again. Rejects
   * with {@link InvalidCacheKeyError} alone.
   */
  invalidate(key: CacheKey): Promise<boolean> {
    const { name: cache, invalidations } = this;
    return rejecting(() => {
      const text = keyText(key);
      this.parts.telemetry.invalidated();
      return invalidations.publish({ kind: 'key', cache, key: text });
    });
  }

  /** {@link invalidate} for everything in this cache, at a cost that does not grow with it. */
  clear(): Promise<boolean> {
    this.parts.telemetry.invalidated();
    return this.invalidations.publish({ kind: 'cache', cache: this.name });
  }

  /** Entries in memory, expired ones included. */
  get entries(): number {
    return this.parts.store.entries;
  }

  /** What happened so far. */
  counters(): CacheCounters {
    return this.parts.telemetry.counters();
  }

  /**
   * @internal Part of an invalidation: memory, flights and what is remembered of `key`.
   * @param before what is known to have this version, or a later one, is not void
   */
  forgetKey(key: string, before?: number): void {
    const { store, backoff, markers } = this.parts;
    store.deleteFromMemory(key, before);
    backoff.succeeded(key);
    markers.unmark(key);
    this.lookUps.flights.forget(key, before);
  }

  /** @internal Part of an invalidation: the flights under way whose values will carry `tag`. */
  forgetTag(tag: string, before?: number): void {
    this.lookUps.flights.forgetTag(tag, before);
  }

  /** @internal {@link forgetKey} for all keys. */
  forgetAll(before?: number): void {
    const { store, backoff, markers } = this.parts;
    store.clearMemory();
    backoff.clear();
    markers.clear();
    this.lookUps.flights.forgetAll(before);
  }

  /** Whether something has happened since `asOf` that a value from then must not undo. */
  private isOutdated(
    key: string,
    tags: readonly string[] = NO_TAGS,
    { epoch, flight }: CacheMoment,
  ): boolean {
    const { store, telemetry } = this.parts;
    const outdated = store.isRevoked(key, tags, epoch) || store.isOvertaken(key, flight);
    if (outdated) telemetry.fenced(key);
    return outdated;
  }

  private earlyRefreshOf({ earlyRefresh }: LookUpOptions): number {
    return earlyRefresh ?? this.policy.earlyRefresh;
  }

  // Not `async`: a promise that does nothing but adopt another one costs three turns of the queue.
  private inquire<T>(
    key: CacheKey,
    load: CacheLoader<T>,
    options: LookUpOptions,
  ): Promise<CacheResult<T>> {
    return rejecting(() => this.lookUps.answer(this.inquiryOf(key, load, options)));
  }

  private inquiryOf<T>(key: CacheKey, load: CacheLoader<T>, options: LookUpOptions): Inquiry<T> {
    const { tags = NO_TAGS, signal, timeoutMs, backend } = options;
    const flights = options.flights ?? this.room.options.flights;
    if (!flights) throw new MissingFlightRunnerError(this.name);
    const text = keyText(key);
    if (typeof load !== 'function') {
      const expected =
        'a function that fetches the value, such as ({ signal }) => fetchUser(id, signal)';
      throw new InvalidOptionError('get().load', load, expected);
    }
    return {
      key: text,
      load,
      policy: this.policies.of(options, LOOK_UP_OPTIONS),
      tags,
      flights,
      signal,
      timeoutMs,
      backend,
      epoch: this.room.epochs.now,
    };
  }
}

function valueOf<T>({ value }: CacheResult<T>): T {
  return value;
}

/** What cannot be a key is not found; the inquiry then says what is wrong with it. */
function textOf(key: CacheKey): string | undefined {
  if (typeof key === 'string') return keyText(key);
  try {
    return keyText(key);
  } catch {
    return undefined;
  }
}
