import type { FlightContext, ValueSharing } from '../../coalescing/kernel/index.js';
import { newEntry, ownLifetimeOf, sizeOf } from './cache-entry.js';
import type { CacheEntry, FlightResult, UnstoredBecause } from './cache-entry.js';
import type { CacheParts } from './cache-store.js';
import { NotModifiedError } from './caching.error.js';
import type { LeasedCall } from './leased-load.js';
import { Filling } from './filling.js';
import { LoadOutcome } from './load-outcome.js';
import type { CallContext } from './load-outcome.js';
import type { LookUp } from './look-up-options.js';

/** What is known of a load when its call has ended. */
export interface EndedLoad<T> {
  readonly lookUp: LookUp<T>;
  readonly flight: FlightContext;
  readonly values: ValueSharing;
  readonly number: number;
  /** On the monotonic clock. */
  readonly startedAt: number;
  /** Epoch in which the call began: what was invalidated before that does not concern it. */
  readonly callEpoch: number;
  /** The flight was made unjoinable before its call began, which so is not void. */
  readonly wasForgotten: boolean;
  /** In the tier that processes share: of the right to call, or of what was found. */
  readonly version: number | undefined;
  readonly previous: CacheEntry | undefined;
  readonly call: CallContext<T> | undefined;
  /** Where its call was made in place of all processes. */
  readonly leased: LeasedCall | undefined;
}

/** What becomes of what a load has come to: it is kept or not, and everyone on the flight gets it. */
export class Conclusion<T> {
  constructor(
    private readonly parts: CacheParts,
    private readonly load: EndedLoad<T>,
  ) {}

  /** @param value that of `outcome`, as it is shared */
  conclude(outcome: LoadOutcome<T>, value: T): FlightResult<T> {
    const { backoff, telemetry } = this.parts;
    const { policy, key, backend } = this.load.lookUp;
    telemetry.loaded(backend, backoff.succeeded(key.text));
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

  private keep(outcome: LoadOutcome<T>, value: T): FlightResult<T> {
    const { key, policy } = this.load.lookUp;
    const { markers } = this.parts;
    const { maxEntryBytes } = policy;
    const { completed } = outcome.facts;
    this.load.leased?.brought(outcome.facts);
    const sizeBytes =
      outcome.facts.sizeBytes ?? (completed ? maxEntryBytes : sizeOf(value, maxEntryBytes));
    if (sizeBytes > maxEntryBytes) return this.pass(outcome, value, 'too-large');
    const entry = this.entryOf(outcome, value, sizeBytes);
    if (this.isFenced(entry.tags)) return this.unstored('loaded', entry, 'overtaken');
    markers.unmark(key.text);
    const lasts = outcome.facts.lifetime !== undefined || policy.negativeMs > 0;
    if (outcome.kind === 'negative' && !lasts) {
      this.discardPrevious();
      return this.unstored('loaded', entry, 'uncacheable');
    }
    const stored = this.take(entry, outcome.facts.confined);
    return stored ? this.result('loaded', entry, true) : this.unstored('loaded', entry, 'no-room');
  }

  /** Keeps it wherever it may be. Whether that is anywhere. */
  private take(entry: CacheEntry, confined: PromiseLike<unknown> | undefined): boolean {
    const { parts, load } = this;
    const { store, telemetry } = parts;
    const { key } = load.lookUp;
    const { completed, alone, sizeBytes } = entry;
    if (!completed) {
      telemetry.stored(key.text, sizeBytes);
      return alone ? this.holdBack(entry) : (load.leased ?? store).keep(key, entry);
    }
    if (!(alone ? this.holdBack(entry) : this.hold(entry))) return false;
    void new Filling(parts, load, entry).until(completed, confined);
    return true;
  }

  /** Keeps in memory what is still arriving; its lease, if it has one, lasts until that has ended. */
  private hold(entry: CacheEntry): boolean {
    const { leased, lookUp, version } = this.load;
    const inDoubt = leased?.lease.doubtful === true;
    if (!this.parts.store.memory.put(lookUp.key.text, entry, version, inDoubt)) return false;
    leased?.hold();
    return true;
  }

  /** Keeps in memory alone what the backend gave. Whether that has room for it. */
  private holdBack(entry: CacheEntry): boolean {
    const { parts, load } = this;
    const { previous, lookUp } = load;
    // What it replaces has to go from the tiers below, if it may be there.
    if (previous?.alone === false) parts.store.discard(lookUp.key);
    return parts.store.memory.put(lookUp.key.text, entry);
  }

  /** The value before is as good as new (RFC 9111 section 4.3.4). */
  private renew(outcome: LoadOutcome<T>, renewed: T): FlightResult<T> {
    const { previous } = this.load;
    if (!previous) throw new NotModifiedError();
    this.parts.telemetry.renewed();
    const { tags, etag, sizeBytes, completed } = previous;
    const lifetime = ownLifetimeOf(previous);
    const value = outcome.value === undefined ? (previous.value as T) : renewed;
    const facts = { tags, etag, sizeBytes, lifetime, completed, ...outcome.facts };
    return this.keep(LoadOutcome.keep(value, facts), value);
  }

  /** A value for those on the flight, or for the leader alone: then whoever comes next goes in parallel. */
  pass(
    outcome: LoadOutcome<T>,
    value: T,
    because: UnstoredBecause = 'uncacheable',
  ): FlightResult<T> {
    const { key, policy } = this.load.lookUp;
    const { markers, telemetry } = this.parts;
    this.load.leased?.brought(outcome.facts);
    const unshared = outcome.kind === 'unshared';
    telemetry.uncacheable(key.text, unshared);
    const entry = this.entryOf(outcome, value, 0);
    if (!this.isFenced(entry.tags)) {
      // A failure says nothing of what is stored.
      if (outcome.failure === undefined) this.discardPrevious();
      if (unshared) markers.mark(key.text, policy.passMs);
      else markers.unmark(key.text);
    }
    return unshared
      ? this.unstored('unshared', entry, 'unshared')
      : this.unstored('passing', entry, because);
  }

  /** What was stored is outdated by an answer that cannot be stored itself. */
  private discardPrevious(): void {
    const { previous, lookUp } = this.load;
    if (previous) this.parts.store.discard(lookUp.key);
  }

  private isFenced(tags: readonly string[]): boolean {
    const fenced = this.isOutdated(tags);
    if (fenced) this.parts.telemetry.fenced(this.load.lookUp.key.text);
    return fenced;
  }

  /** Whether what this flight fetches was invalidated meanwhile, or something newer has come. */
  isOutdated(tags: readonly string[]): boolean {
    const { store } = this.parts;
    const { lookUp, flight, wasForgotten, callEpoch, version, number } = this.load;
    return (
      (flight.fenced && !wasForgotten) ||
      store.isRevoked(lookUp.key, tags, callEpoch, version) ||
      store.isOvertaken(lookUp.key, number)
    );
  }

  entryOf({ kind, facts }: LoadOutcome<T>, value: T, sizeBytes: number): CacheEntry {
    const { lookUp, values, number, startedAt } = this.load;
    const { policy, tags } = lookUp;
    const { ports, wallTime } = this.parts.context;
    const now = ports.clock.monotonic();
    const birth = {
      value,
      copy: values.copy,
      facts,
      tags,
      negative: kind === 'negative',
      sizeBytes,
      loadMs: now - startedAt,
      flight: number,
    };
    return newEntry(birth, policy, { monotonic: now, wall: wallTime.next() }, ports.random);
  }

  found(entry: CacheEntry, tier: string): FlightResult<T> {
    return this.result('found', entry, false, tier);
  }

  unstored(
    kind: FlightResult<T>['kind'],
    entry: CacheEntry,
    because: UnstoredBecause,
  ): FlightResult<T> {
    return this.result(kind, entry, false, undefined, because);
  }

  result(
    kind: FlightResult<T>['kind'],
    entry: CacheEntry,
    stored = false,
    tier?: string,
    unstored?: UnstoredBecause,
  ): FlightResult<T> {
    const { bornAt, freshMs, staleMs, staleIfErrorMs, tags, etag } = entry;
    const { flight, callEpoch, version, call } = this.load;
    return flight.asIs({
      kind,
      value: entry.value as T,
      bornAt,
      freshMs,
      staleMs,
      staleIfErrorMs,
      tags,
      etag,
      epoch: callEpoch,
      version,
      stored,
      tier,
      unstored,
      note: call?.noted,
    });
  }
}
