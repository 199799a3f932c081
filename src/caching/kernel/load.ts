import type { FlightContext, RunOptions, ValueSharing } from '../../coalescing/kernel/index.js';
import { newEntry, sizeOf } from './cache-entry.js';
import type { CacheEntry, FlightResult, UnstoredBecause } from './cache-entry.js';
import type { CacheParts } from './cache-store.js';
import { NotModifiedError } from './caching.error.js';
import { LeasedCall, claim } from './leased-load.js';
import type { Claimant, OutcomeElsewhere } from './leased-load.js';
import { isFresh, mayBeServed, mayReplaceError, withinStaleWindow } from './freshness.js';
import { CallContext, LoadOutcome } from './load-outcome.js';
import type { LookUp } from './look-up-options.js';
import type { SharedTier, TierLease } from './tier.js';

/** What a flight is wanted for. */
export interface LoadPurpose {
  /** The caller has a stale value, or was offered one, and wants a newer one. */
  readonly newer?: boolean;
  /** The value in memory that the caller has already. */
  readonly inHand?: CacheEntry | undefined;
  /** The caller's own call, beside those of others: the tiers have nothing for it. */
  readonly solo?: boolean;
}

/**
 * What happens inside one flight: a look at what has come meanwhile; where processes share a tier, a claim,
 * and else a look-up in the tiers below; the call of the backend; storing.
 */
export class Load<T> implements Claimant {
  /** It has begun, so that its look-up leads the flight. */
  begun = false;
  /** The loader has failed, and that was taken into account. */
  accounted = false;
  flight!: FlightContext;
  values!: ValueSharing;
  number = 0;
  epoch = 0;
  private startedAt = 0;
  /** Epoch in which the call began: what was invalidated before that does not concern it. */
  private callEpoch = 0;
  /** The flight was made unjoinable before its call began, which so is not void. */
  private wasForgotten = false;
  /** In the tier that processes share: of the right to call, or of what was found. */
  private version: number | undefined = undefined;
  private previous: CacheEntry | undefined = undefined;
  private call: CallContext<T> | undefined = undefined;
  private failure: unknown = undefined;
  /** Where its call is made in place of all processes. */
  private leased: LeasedCall | undefined = undefined;

  constructor(
    private readonly parts: CacheParts,
    readonly lookUp: LookUp<T>,
    readonly purpose: LoadPurpose,
  ) {}

  get wantsNewer(): boolean {
    return this.purpose.newer === true;
  }

  /** Joins or leads the flight of its key; or makes a call beside it. */
  join(options: RunOptions | undefined): Promise<FlightResult<T>> {
    const { coalescer, key } = this.lookUp;
    const loader = (flight: FlightContext) => this.run(flight);
    return this.purpose.solo
      ? coalescer.runAlone(loader, options)
      : coalescer.join(this.parts.flights, key.text, loader, options);
  }

  /** Runs to its end, as the loader of `flight`. */
  private run(flight: FlightContext): Promise<FlightResult<T>> {
    const { lookUp, parts, purpose } = this;
    const { context, store } = parts;
    flight.about = this;
    this.flight = flight;
    this.begun = true;
    this.values = lookUp.coalescer.valueSharing;
    this.epoch = this.callEpoch = context.epochs.now;
    this.number = context.nextFlight();
    this.startedAt = this.now;
    const held = (this.previous = store.memory.find(lookUp.key.text)?.entry);
    if (held && held !== purpose.inHand && isFresh(held, this.startedAt)) {
      return Promise.resolve(this.found(held, 'memory'));
    }
    // No await where there is nothing to wait for: the loader is called in the caller's turn.
    if (purpose.solo) return this.callBackend();
    if (context.shared) return this.claimOrCall(context.shared);
    return context.tiers.any ? this.findOrCall() : this.callBackend();
  }

  /** Version of the right by which its call is made, where processes share a tier. */
  get leasedAs(): number | undefined {
    return this.leased?.lease.version;
  }

  private get now(): number {
    return this.parts.context.ports.clock.monotonic();
  }

  private async findOrCall(): Promise<FlightResult<T>> {
    const { lookUp, parts } = this;
    const below = await parts.store.findBelow(lookUp, this);
    if (!below) return this.callBackend();
    const { entry, tier } = below;
    this.previous = entry;
    const isServable = this.wantsNewer ? isFresh : withinStaleWindow;
    if (!isServable(entry, this.now)) return this.callBackend();
    parts.telemetry.tierHit(lookUp.key.text, tier);
    return this.found(entry, tier);
  }

  private async claimOrCall(shared: SharedTier): Promise<FlightResult<T>> {
    const { parts, flight } = this;
    const claimed = await claim(shared, parts, this);
    this.previous = claimed.previous?.entry ?? this.previous;
    if (claimed.kind === 'found') {
      const { entry, tier, version } = claimed.found;
      this.version = version;
      return this.found(entry, tier);
    }
    if (claimed.kind === 'outcome') return this.adopt(claimed);
    // What was invalidated while others were waited for does not concern a call that begins after it.
    this.callEpoch = parts.context.epochs.now;
    this.wasForgotten = flight.fenced;
    return claimed.kind === 'lease' ? this.lead(claimed.lease) : this.callBackend();
  }

  /** Ends as the process that led has ended. */
  private adopt({ outcome, tags, version }: OutcomeElsewhere): FlightResult<T> {
    this.version = version;
    if (outcome.kind === 'error') return this.rescue(outcome.error);
    const value = this.values.share(outcome.value as T);
    const uncacheable = LoadOutcome.uncacheable(value, { tags });
    return this.unstored('passing', this.entryOf(uncacheable, value, 0), 'uncacheable');
  }

  /** Calls in place of all processes, and tells those who wait elsewhere what came of it. */
  private async lead(lease: TierLease): Promise<FlightResult<T>> {
    const { lookUp, parts, flight } = this;
    const leased = (this.leased = new LeasedCall(parts, lease));
    this.version = lease.version;
    try {
      const result = await this.callBackend();
      leased.tell(result, this.failure, () => this.isOutdated(result.tags));
      const refused = await leased.refused();
      if (!refused) return result;
      parts.telemetry.fenced(lookUp.key.text);
      return this.unstored('loaded', refused, 'overtaken');
    } catch (error) {
      leased.failed(error, flight.signal.aborted);
      throw error;
    }
  }

  private async callBackend(): Promise<FlightResult<T>> {
    const { lookUp, flight, parts } = this;
    parts.telemetry.load();
    let outcome: LoadOutcome<T>;
    let value: T;
    try {
      this.call = new CallContext<T>(flight, this.previous, parts.context.ports.clock);
      outcome = LoadOutcome.of(await lookUp.load(this.call));
      // Before anything is stored: what cannot be shared is a failure of the load, like any other.
      value = this.values.share(outcome.value as T);
    } catch (error) {
      return this.rescue(error);
    }
    if (outcome.failure === undefined) return this.conclude(outcome, value);
    return this.standIn(outcome.failure) ?? this.pass(outcome, value);
  }

  /** The stale value, if it may stand in for the error; else the error. */
  private rescue(error: unknown): FlightResult<T> {
    const stale = this.standIn(error);
    if (!stale) throw error;
    return stale;
  }

  /** The load has failed: the stale value, if it may stand in for the error. */
  private standIn(error: unknown): FlightResult<T> | undefined {
    const { lookUp, flight, parts, previous } = this;
    const { key, policy, backend } = lookUp;
    this.failure = error;
    // A call that was given up says nothing about the backend.
    if (flight.signal.aborted) return undefined;
    this.accounted = true;
    if (!previous) return undefined;
    const pauseMs = parts.backoff.failed(key.text, policy.refreshBackoff, error);
    parts.telemetry.refreshFailed(key.text, backend, error, pauseMs);
    const revoked = parts.store.isRevoked(key, previous.tags, this.epoch);
    if (revoked || !mayReplaceError(previous, this.now)) return undefined;
    return this.result('rescued', previous);
  }

  /** @param value that of `outcome`, as it is shared */
  private conclude(outcome: LoadOutcome<T>, value: T): FlightResult<T> {
    const { backoff, telemetry } = this.parts;
    const { policy, key, backend } = this.lookUp;
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
    const { key, policy } = this.lookUp;
    const { store, markers, telemetry } = this.parts;
    const sizeBytes = outcome.facts.sizeBytes ?? sizeOf(value, policy.maxEntryBytes);
    if (sizeBytes > policy.maxEntryBytes) return this.pass(outcome, value, 'too-large');
    const entry = this.entryOf(outcome, value, sizeBytes);
    if (this.isFenced(entry.tags)) return this.unstored('loaded', entry, 'overtaken');
    markers.unmark(key.text);
    if (outcome.kind === 'negative' && policy.negativeMs === 0) {
      this.discardPrevious();
      return this.unstored('loaded', entry, 'uncacheable');
    }
    telemetry.stored(key.text, sizeBytes);
    const revalidate = outcome.facts.revalidate === true;
    const stored = revalidate ? this.holdBack(entry) : (this.leased ?? store).keep(key, entry);
    return stored ? this.result('loaded', entry, true) : this.unstored('loaded', entry, 'no-room');
  }

  /** Keeps, for the next load alone, what the backend gave. Whether memory has room for it. */
  private holdBack(entry: CacheEntry): boolean {
    const { previous, lookUp, parts } = this;
    // What may be served has to go from the tiers below; what was held back before is not there.
    if (previous && mayBeServed(previous)) parts.store.discard(lookUp.key);
    return parts.store.memory.put(lookUp.key.text, entry);
  }

  /** The value before is as good as new (RFC 9111 section 4.3.4). */
  private renew(outcome: LoadOutcome<T>, renewed: T): FlightResult<T> {
    const { previous } = this;
    if (!previous) throw new NotModifiedError();
    this.parts.telemetry.renewed();
    const { tags, etag, sizeBytes } = previous;
    const value = outcome.value === undefined ? (previous.value as T) : renewed;
    return this.keep(LoadOutcome.keep(value, { tags, etag, sizeBytes, ...outcome.facts }), value);
  }

  /** A value for those on the flight, or for the leader alone: then whoever comes next goes in parallel. */
  private pass(
    outcome: LoadOutcome<T>,
    value: T,
    because: UnstoredBecause = 'uncacheable',
  ): FlightResult<T> {
    const { key, policy } = this.lookUp;
    const { markers, telemetry } = this.parts;
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
    if (this.previous) this.parts.store.discard(this.lookUp.key);
  }

  private isFenced(tags: readonly string[]): boolean {
    const fenced = this.isOutdated(tags);
    if (fenced) this.parts.telemetry.fenced(this.lookUp.key.text);
    return fenced;
  }

  /** Whether what this flight fetches was invalidated meanwhile, or something newer has come. */
  private isOutdated(tags: readonly string[]): boolean {
    const { store } = this.parts;
    const { key } = this.lookUp;
    return (
      (this.flight.fenced && !this.wasForgotten) ||
      store.isRevoked(key, tags, this.callEpoch, this.version) ||
      store.isOvertaken(key, this.number)
    );
  }

  private entryOf({ kind, facts }: LoadOutcome<T>, value: T, sizeBytes: number): CacheEntry {
    const { policy, tags } = this.lookUp;
    const { ports, wallTime } = this.parts.context;
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
    return newEntry(birth, policy, { monotonic: now, wall: wallTime.next() }, ports.random);
  }

  private found(entry: CacheEntry, tier: string): FlightResult<T> {
    return this.result('found', entry, false, tier);
  }

  private unstored(
    kind: FlightResult<T>['kind'],
    entry: CacheEntry,
    because: UnstoredBecause,
  ): FlightResult<T> {
    return this.result(kind, entry, false, undefined, because);
  }

  private result(
    kind: FlightResult<T>['kind'],
    entry: CacheEntry,
    stored = false,
    tier?: string,
    unstored?: UnstoredBecause,
  ): FlightResult<T> {
    const { bornAt, freshMs, staleMs, staleIfErrorMs, tags, etag } = entry;
    return this.flight.asIs({
      kind,
      value: entry.value as T,
      bornAt,
      freshMs,
      staleMs,
      staleIfErrorMs,
      tags,
      etag,
      epoch: this.callEpoch,
      version: this.version,
      stored,
      tier,
      unstored,
      note: this.call?.noted,
    });
  }
}
