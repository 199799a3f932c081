import { newEntry } from './cache-entry.js';
import type { CacheEntry } from './cache-entry.js';
import type { FlightOutcome, UnstoredBecause } from './cache-result.js';
import type { CacheRoom } from './cache-room.js';
import type { CacheStore } from './cache-store.js';
import type { CacheTelemetry } from './cache-telemetry.js';
import { NotModifiedError } from './caching.error.js';
import type { RunningFlight } from './flight-runner.js';
import { isFresh, mayBeServed, mayReplaceError, withinStaleWindow } from './freshness.js';
import type { Inquiry } from './inquiry.js';
import { LoadOutcome } from './load-outcome.js';
import { LoadingContext } from './loading-context.js';
import type { LoadingListener, LoadingPurpose } from './loading-purpose.js';
import type { FoundBelow } from './lower-tiers.js';
import type { PassMarkers } from './pass-markers.js';
import type { RefreshBackoff } from './refresh-backoff.js';
import { SharedValues } from './shared-values.js';
import { sizeOf } from './size-of.js';

/** What the loading of one cache works on. */
export interface LoadingParts {
  readonly room: CacheRoom;
  readonly store: CacheStore;
  readonly backoff: RefreshBackoff;
  readonly markers: PassMarkers;
  readonly telemetry: CacheTelemetry;
}

/** What happens inside one flight: look-up in the tiers below, call of the backend, storing. */
export class CacheLoading<T> {
  protected readonly epoch: number;
  /** Epoch in which the call began: what was invalidated before that does not concern it. */
  protected callEpoch: number;
  /** The flight was made unjoinable before its call began, which so is not void. */
  protected wasForgotten = false;
  /** In the tier that processes share: of the right to call, or of what was found. */
  protected version: number | undefined;
  protected readonly number: number;
  private readonly startedAt: number;
  protected previous: CacheEntry | undefined;
  protected readonly values: SharedValues;
  private context: LoadingContext<T> | undefined = undefined;

  constructor(
    protected readonly parts: LoadingParts,
    protected readonly inquiry: Inquiry<T>,
    protected readonly purpose: LoadingPurpose,
    protected readonly flight: RunningFlight,
    protected readonly listener: LoadingListener,
  ) {
    this.epoch = this.callEpoch = parts.room.epochs.now;
    this.number = parts.room.nextFlight();
    this.startedAt = this.now;
    this.values = new SharedValues(inquiry.flights, flight);
  }

  /** Runs to its end; the caller's flight registers it before. */
  run(): Promise<FlightOutcome<T>> {
    const { parts, purpose } = this;
    const newer = this.findInMemory();
    if (newer) return Promise.resolve(newer);
    // No await where there is nothing to wait for: the loader is called in the caller's turn.
    return purpose.solo || !parts.room.tiers.any ? this.callBackend() : this.findOrLoad();
  }

  protected get now(): number {
    return this.parts.room.ports.clock.monotonic();
  }

  /** What memory was given since the caller looked. */
  protected findInMemory(): FlightOutcome<T> | undefined {
    this.previous = this.parts.store.find(this.inquiry.key)?.entry;
    const { previous, purpose } = this;
    const isNews = previous && previous !== purpose.inHand && isFresh(previous, this.now);
    return isNews ? this.found(previous, 'memory') : undefined;
  }

  private async findOrLoad(): Promise<FlightOutcome<T>> {
    return (await this.findBelow()) ?? this.callBackend();
  }

  private async findBelow(): Promise<FlightOutcome<T> | undefined> {
    const { inquiry, parts, values } = this;
    const below = await parts.store.findBelow(inquiry, this.number, this.epoch, values);
    if (!below) return undefined;
    return this.serve(below);
  }

  /** What a tier had, if it may be served; else it is what the loader may ask to renew. */
  protected serve({ entry, tier }: FoundBelow): FlightOutcome<T> | undefined {
    const { inquiry, parts, purpose } = this;
    this.previous = entry;
    const isServable = purpose.newer ? isFresh : withinStaleWindow;
    if (!isServable(entry, this.now)) return undefined;
    parts.telemetry.tierHit(inquiry.key, tier);
    return this.found(entry, tier);
  }

  protected async callBackend(): Promise<FlightOutcome<T>> {
    const { inquiry, flight, parts, previous } = this;
    const { clock } = parts.room.ports;
    parts.telemetry.load();
    let outcome: LoadOutcome<T>;
    let value: T;
    try {
      const context = (this.context = new LoadingContext<T>(flight, previous, clock));
      const result = await inquiry.load(context);
      outcome = LoadOutcome.of(result);
      // Before anything is stored: what cannot be shared is a failure of the load, like any other.
      value = this.values.share(outcome.value as T);
    } catch (error) {
      return this.rescue(error);
    }
    if (outcome.failure === undefined) return this.conclude(outcome, value);
    return this.standIn(outcome.failure) ?? this.pass(outcome, value);
  }

  /** The stale value, if it may stand in for the error; else the error. */
  protected rescue(error: unknown): FlightOutcome<T> {
    const stale = this.standIn(error);
    if (!stale) throw error;
    return stale;
  }

  /** The load has failed: the stale value, if it may stand in for the error. */
  protected standIn(error: unknown): FlightOutcome<T> | undefined {
    const { inquiry, flight, parts, previous } = this;
    // A call that was given up says nothing about the backend.
    if (flight.signal.aborted) return undefined;
    this.listener.failed();
    if (!previous) return undefined;
    const pauseMs = parts.backoff.failed(inquiry.key, inquiry.policy.refreshBackoff, error);
    parts.telemetry.refreshFailed(inquiry, error, pauseMs);
    const revoked = parts.store.isRevoked(inquiry.key, previous.tags, this.epoch);
    if (revoked || !mayReplaceError(previous, this.now)) return undefined;
    return this.loaded('rescued', previous);
  }

  /** @param value that of `outcome`, as it is shared */
  private conclude(outcome: LoadOutcome<T>, value: T): FlightOutcome<T> {
    const { policy, key } = this.inquiry;
    this.parts.telemetry.loaded(this.inquiry, this.parts.backoff.succeeded(key));
    switch (outcome.kind) {
      case 'unshared':
      case 'uncacheable':
        return this.pass(outcome, value);
      case 'bare':
        return policy.cacheable(outcome.value)
          ? this.keep(outcome, value)
          : this.pass(outcome, value);
      case 'keep':
      case 'negative':
        return this.keep(outcome, value);
      case 'not-modified':
        return this.renew(outcome, value);
    }
  }

  private keep(outcome: LoadOutcome<T>, value: T): FlightOutcome<T> {
    const { key, policy } = this.inquiry;
    const { maxEntryBytes } = policy;
    const sizeBytes = outcome.facts.sizeBytes ?? sizeOf(value, maxEntryBytes);
    if (sizeBytes > maxEntryBytes) return this.pass(outcome, value, 'too-large');
    const entry = this.entryOf(outcome, value, sizeBytes);
    if (this.isFenced(entry.tags)) return this.unstored('loaded', entry, 'overtaken');
    this.parts.markers.unmark(key);
    if (outcome.kind === 'negative' && policy.negativeMs === 0) {
      this.discardPrevious();
      return this.unstored('loaded', entry, 'uncacheable');
    }
    this.parts.telemetry.stored(key, sizeBytes);
    const revalidate = outcome.facts.revalidate === true;
    const stored = revalidate ? this.holdBack(entry) : this.write(entry);
    return stored ? this.loaded('loaded', entry, true) : this.unstored('loaded', entry, 'no-room');
  }

  /** Stores what the backend gave. Whether any tier may hold it. */
  protected write(entry: CacheEntry): boolean {
    return this.parts.store.keep(this.inquiry.key, entry);
  }

  /** Keeps, for the next load alone, what the backend gave. Whether memory has room for it. */
  private holdBack(entry: CacheEntry): boolean {
    const { previous, inquiry, parts } = this;
    // What may be served has to go from the tiers below; what was held back before is not there.
    if (previous && mayBeServed(previous)) parts.store.discard(inquiry.key);
    return parts.store.hold(inquiry.key, entry);
  }

  /** The value before is as good as new (RFC 9111 section 4.3.4). */
  private renew(outcome: LoadOutcome<T>, renewed: T): FlightOutcome<T> {
    const { previous } = this;
    if (!previous) throw new NotModifiedError();
    this.parts.telemetry.renewed();
    const { tags, etag, sizeBytes } = previous;
    const value = outcome.value === undefined ? (previous.value as T) : renewed;
    return this.keep(LoadOutcome.keep(value, { tags, etag, sizeBytes, ...outcome.facts }), value);
  }

  /** A value for those aboard, or for the leader alone: then whoever comes next goes in parallel. */
  private pass(
    outcome: LoadOutcome<T>,
    value: T,
    because: UnstoredBecause = 'uncacheable',
  ): FlightOutcome<T> {
    const { key, policy } = this.inquiry;
    const { markers, telemetry } = this.parts;
    const unshared = outcome.kind === 'unshared';
    telemetry.uncacheable(key, unshared);
    const entry = this.entryOf(outcome, value, 0);
    if (!this.isFenced(entry.tags)) {
      // A failure says nothing of what is stored.
      if (outcome.failure === undefined) this.discardPrevious();
      if (unshared) markers.mark(key, policy.passMs);
      else markers.unmark(key);
    }
    return unshared
      ? this.unstored('unshared', entry, 'unshared')
      : this.unstored('passing', entry, because);
  }

  /** What was stored is outdated by an answer that cannot be stored itself. */
  private discardPrevious(): void {
    if (this.previous) this.parts.store.discard(this.inquiry.key);
  }

  private isFenced(tags: readonly string[]): boolean {
    const fenced = this.isOutdated(tags);
    if (fenced) this.parts.telemetry.fenced(this.inquiry.key);
    return fenced;
  }

  /** Whether what this flight fetches was invalidated meanwhile, or something newer has come. */
  protected isOutdated(tags: readonly string[]): boolean {
    const { callEpoch, version, number } = this;
    const { store } = this.parts;
    const { key } = this.inquiry;
    return (
      (this.flight.fenced === true && !this.wasForgotten) ||
      store.isRevoked(key, tags, callEpoch, version) ||
      store.isOvertaken(key, number)
    );
  }
  protected entryOf({ kind, facts }: LoadOutcome<T>, value: T, sizeBytes: number): CacheEntry {
    const { policy, tags } = this.inquiry;
    const { now } = this;
    const birth = {
      value,
      copy: this.values.copy,
      facts,
      tags,
      negative: kind === 'negative',
      sizeBytes,
      loadMs: now - this.startedAt,
      flight: this.number,
    };
    const { ports, wallTime } = this.parts.room;
    return newEntry(birth, policy, { monotonic: now, wall: wallTime.next() }, ports.random);
  }

  protected found(entry: CacheEntry, tier: string | undefined): FlightOutcome<T> {
    return this.loaded('found', entry, false, tier);
  }

  protected unstored(
    kind: FlightOutcome<T>['kind'],
    entry: CacheEntry,
    because: UnstoredBecause,
  ): FlightOutcome<T> {
    return this.loaded(kind, entry, false, undefined, because);
  }

  protected loaded(
    kind: FlightOutcome<T>['kind'],
    entry: CacheEntry,
    stored = false,
    tier?: string,
    unstored?: UnstoredBecause,
  ): FlightOutcome<T> {
    return this.values.vouched({
      kind,
      value: entry.value as T,
      bornAt: entry.bornAt,
      freshMs: entry.freshMs,
      staleMs: entry.staleMs,
      staleIfErrorMs: entry.staleIfErrorMs,
      tags: entry.tags,
      etag: entry.etag,
      epoch: this.callEpoch,
      version: this.version,
      stored,
      tier,
      unstored,
      note: this.context?.noted,
    });
  }
}
