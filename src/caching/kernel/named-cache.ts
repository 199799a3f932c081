import { FlightKeys } from '../../coalescing/kernel/index.js';
import { InvalidOptionError } from '../../ground/index.js';
import type { CacheCoalescer, CacheContext } from './cache-context.js';
import { newEntry, storedValue, valueFor, sizeOf } from './cache-entry.js';
import type { CacheResult, StoredValue } from './cache-entry.js';
import { EntryKey, keyText } from './cache-key.js';
import type { CacheKey, PreparedKey } from './cache-key.js';
import { CallPolicies } from './cache-policy.js';
import type { CachePolicy } from './cache-policy.js';
import { CacheStore } from './cache-store.js';
import type { CacheParts } from './cache-store.js';
import { CacheInvalidation } from './cache-invalidation.js';
import { CacheTelemetry } from './cache-telemetry.js';
import type { CacheCounters } from './cache-telemetry.js';
import { Filling } from './filling.js';
import { asWished } from './invalidation-hub.js';
import type { InvalidateOptions, InvalidationHub } from './invalidation-hub.js';
import { reportKey } from './key-report.js';
import type { KeyReport } from './key-report.js';
import { PassMarkers } from './pass-markers.js';
import { RefreshBackoff } from './refresh-backoff.js';
import type { CacheLoader } from './load-outcome.js';
import { CacheMoment, LOOK_UP_OPTIONS, NO_TAGS, SET_OPTIONS, lookUpOf } from './look-up-options.js';
import type { LookUp, LookUpOptions, SetOptions } from './look-up-options.js';
import { LookUps } from './look-up.js';
import type { MemoryEntry } from './memory-tier.js';
import { PlainJoiners } from './plain-joiners.js';
import type { PlainLookUps } from './plain-joiners.js';
import type { ValueCodec } from './tier.js';

const NO_OPTIONS: LookUpOptions = Object.freeze({});

/**
 * A cache with its own keys and its own policy, in the tiers that all caches share.
 * @example
 * const products = caching.cache('products');
 * const product = await products.get(['SKU1', 'de'], ({ signal }) => fetchProduct('SKU1', 'de', signal));
 */
export class NamedCache {
  private readonly lookUps: LookUps;
  private readonly parts: CacheParts;
  private readonly plain: PlainLookUps;
  private readonly invalidated: CacheInvalidation;
  private readonly policies: CallPolicies;

  /** Made by `CachingService.cache(name)`. */
  constructor(
    /** What the cache is called in metrics, and in the keys of the tiers below memory. */
    readonly name: string,
    /** Policy where a call has none of its own. */
    readonly policy: CachePolicy,
    private readonly context: CacheContext,
    private readonly invalidations: InvalidationHub,
    /** How its values become bytes. @default that of all caches */
    readonly codec?: ValueCodec,
    /** Under what name it is counted, where that is not its own; what was saved is then told there. */
    readonly owner?: string,
  ) {
    const { clock, random, events } = context.ports;
    const { maxRemembered } = context.options;
    this.policies = new CallPolicies(policy);
    this.parts = {
      context,
      store: new CacheStore(name, context, codec),
      flights: new FlightKeys(),
      backoff: new RefreshBackoff(clock, random, maxRemembered),
      markers: new PassMarkers(clock, maxRemembered),
      telemetry: new CacheTelemetry(name, events, context.outages),
    };
    this.lookUps = new LookUps(this.parts);
    this.plain = {
      ...{ parts: this.parts, lookUps: this.lookUps },
      of: (text, load, epoch) => this.lookUpOf(text, load, NO_OPTIONS, 'value', epoch),
    };
    this.invalidated = new CacheInvalidation(this.parts);
    invalidations.register(name, this.invalidated);
  }

  /**
   * The fresh value that memory has for `key`, at once: no promise, no timer. Nothing is
   * started, whatever is missing; on `undefined` call {@link lookUp}. For fast paths.
   */
  peek<T>(key: CacheKey | PreparedKey): CacheResult<T> | undefined {
    const held = this.parts.store.memory.find(keyText(key));
    return held && this.lookUps.isHit(held, this.policy.earlyRefresh)
      ? this.lookUps.hit(held)
      : undefined;
  }

  /**
   * What memory has for `key`, at once and however old it is, to decide by what to do. Counts as no use of
   * it and in no metric; nothing is started.
   */
  peekStored<T>(key: CacheKey | PreparedKey): StoredValue<T> | undefined {
    const held = this.parts.store.memory.find(keyText(key));
    return held && storedValue(held.entry, this.context.hitTime);
  }

  /** {@link peekStored} in all tiers: memory is warmed by what those below have. Asks no backend. */
  async findStored<T>(
    key: CacheKey,
    { valueSharing }: CacheCoalescer = this.context.coalescer,
  ): Promise<StoredValue<T> | undefined> {
    const { store } = this.parts;
    const wanted = { key: new EntryKey(keyText(key), store.prefix), policy: this.policy };
    const entry = await store.findAnywhere(wanted, valueSharing);
    return entry && storedValue(entry, this.context.hitTime);
  }

  /** Whether a flight of `key` is under way in this process, which a look-up would join. */
  isLoading(key: CacheKey | PreparedKey): boolean {
    return this.parts.flights.find(keyText(key)) !== undefined;
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
    // Not `async`, which would cost a hit three turns of the queue.
    try {
      const text = keyText(key);
      const held = this.parts.store.memory.find(text);
      return held && this.isHit(held, options)
        ? Promise.resolve(valueFor(held.entry) as T)
        : (this.answer(text, held, load, options, 'value') as Promise<T>);
    } catch (error) {
      return rejected(error);
    }
  }

  /** {@link get}, with how the value was served. */
  lookUp<T>(
    key: CacheKey,
    load: CacheLoader<T>,
    options: LookUpOptions = NO_OPTIONS,
  ): Promise<CacheResult<T>> {
    try {
      const text = keyText(key);
      const held = this.parts.store.memory.find(text);
      return held && this.isHit(held, options)
        ? Promise.resolve(this.lookUps.hit<T>(held))
        : (this.answer(text, held, load, options, 'result') as Promise<CacheResult<T>>);
    } catch (error) {
      return rejected(error);
    }
  }

  /**
   * The present moment. Take it before you ask a source for what you will {@link set}, and give it as
   * `asOf`.
   */
  moment(): CacheMoment {
    const { epochs, ports } = this.context;
    return new CacheMoment(epochs.now, this.context.nextFlight(), ports.clock.monotonic());
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
    const { context, parts } = this;
    const { store, telemetry } = parts;
    const entryKey = new EntryKey(keyText(key), store.prefix);
    const policy = this.policies.of(options, SET_OPTIONS);
    const values = (options.coalescer ?? context.coalescer).valueSharing;
    const shared = values.share(value);
    const { asOf, completed, confined } = options;
    const { maxEntryBytes } = policy;
    const sizeBytes =
      options.sizeBytes ?? (completed ? maxEntryBytes : sizeOf(shared, maxEntryBytes));
    if (asOf === undefined) {
      context.epochs.revoke('key', entryKey.stored);
      this.invalidated.forgetKey(entryKey.text);
    } else if (this.isOutdated(entryKey, options.tags, asOf)) {
      return false;
    }
    if (sizeBytes > maxEntryBytes) {
      store.discard(entryKey);
      return false;
    }
    const { clock, random } = context.ports;
    const now = clock.monotonic();
    const loadMs = asOf === undefined ? 0 : now - asOf.at;
    const birth = {
      ...{ value: shared, copy: values.copy, negative: false, sizeBytes, loadMs },
      facts: { ...options, ageMs: Math.max(0, options.ageMs ?? 0) + loadMs },
      flight: asOf?.flight ?? context.nextFlight(),
    };
    const arrival = { monotonic: now, wall: context.wallTime.next() };
    const entry = newEntry(birth, policy, arrival, random);
    if (!completed) telemetry.stored(entryKey.text, sizeBytes);
    if (!completed && !entry.alone) return store.keep(entryKey, entry);
    if (entry.alone) store.discard(entryKey);
    if (!store.memory.put(entryKey.text, entry)) return false;
    if (completed) {
      const callEpoch = asOf?.epoch ?? context.epochs.now;
      const begun = { callEpoch, version: undefined, leased: undefined };
      const filling = new Filling(parts, { ...begun, lookUp: { key: entryKey, policy } }, entry);
      void filling.until(completed, confined);
    }
    return true;
  }

  /**
   * Drops what is stored under `key`, or with `soft` leaves it as stale. When this returns, nobody gets it
   * as fresh from here any more, and no flight under way can bring it back; the promise ends when the tiers
   * below have done the same.
   *
   * @returns whether all of them have. In a cluster `false` says that the store did not take it yet:
   * other instances may serve what they have until it does, which is tried again and again. Rejects
   * with {@link InvalidCacheKeyError} alone.
   */
  invalidate(key: CacheKey | PreparedKey, options?: InvalidateOptions): Promise<boolean> {
    try {
      const invalidation = { kind: 'key', cache: this.name, key: keyText(key) } as const;
      this.parts.telemetry.invalidated();
      return this.invalidations.publish(asWished(invalidation, options));
    } catch (error) {
      return rejected(error);
    }
  }

  /** {@link invalidate} for everything in this cache, at a cost that does not grow with it. */
  clear(options?: InvalidateOptions): Promise<boolean> {
    this.parts.telemetry.invalidated();
    return this.invalidations.publish(asWished({ kind: 'cache', cache: this.name }, options));
  }

  /** Counts a request that does not ask this cache, as what it asks for is one caller's alone. */
  passedBy(): void {
    this.parts.telemetry.bypassed();
  }

  /** What is known of `key`, and what a look-up would come to now. Asks no backend, and changes nothing. */
  inspect(key: CacheKey | PreparedKey): Promise<KeyReport> {
    try {
      const entryKey = new EntryKey(keyText(key), this.parts.store.prefix);
      return reportKey(this.name, this.parts, entryKey);
    } catch (error) {
      return rejected(error);
    }
  }

  /** @internal Gives back its part of memory. */
  leaveMemory(): void {
    this.context.memory.forget(this.parts.store.memory);
  }

  /** Entries in memory, expired ones included. */
  get entries(): number {
    return this.parts.store.memory.entries;
  }

  /** What happened so far. */
  counters(): CacheCounters {
    return this.parts.telemetry.counters();
  }

  /** Whether something has happened since `asOf` that a value from then must not undo. */
  private isOutdated(
    key: LookUp<unknown>['key'],
    tags: readonly string[] = NO_TAGS,
    { epoch, flight }: CacheMoment,
  ): boolean {
    const { store, telemetry } = this.parts;
    const outdated = store.isRevoked(key, tags, epoch) || store.isOvertaken(key, flight);
    if (outdated) telemetry.fenced(key.text);
    return outdated;
  }

  private isHit(held: MemoryEntry, { earlyRefresh, revalidate }: LookUpOptions): boolean {
    if (revalidate) return false;
    return this.lookUps.isHit(held, earlyRefresh ?? this.policy.earlyRefresh);
  }

  private answer<T>(
    text: string,
    held: MemoryEntry | undefined,
    load: CacheLoader<T>,
    options: LookUpOptions,
    wants: LookUp<T>['wants'],
  ): Promise<unknown> {
    if (typeof load !== 'function') {
      const expected =
        'a function that fetches the value, such as ({ signal }) => fetchUser(id, signal)';
      throw new InvalidOptionError('get().load', load, expected);
    }
    const isPlain = wants === 'value' && options === NO_OPTIONS && held === undefined;
    const joined = isPlain ? PlainJoiners.join(this.plain, text, load) : undefined;
    if (joined) return joined;
    const lookUp = this.lookUpOf(text, load, options, wants, this.context.epochs.now);
    return this.lookUps.answer(lookUp, held);
  }

  private lookUpOf<T>(
    text: string,
    load: CacheLoader<T>,
    options: LookUpOptions,
    wants: LookUp<T>['wants'],
    epoch: number,
  ): LookUp<T> {
    const key = new EntryKey(text, this.parts.store.prefix);
    // Most say nothing; a look into a weak map costs as much as joining.
    const policy =
      options === NO_OPTIONS ? this.policy : this.policies.of(options, LOOK_UP_OPTIONS);
    return lookUpOf({ key, load, policy, wants, epoch }, options, this.context.coalescer);
  }
}

function rejected(error: unknown): Promise<never> {
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- as it was thrown
  return Promise.reject(error);
}
