import type { FlightContext, ValueSharing } from '../../coalescing/kernel/index.js';
import type { CacheEntry, FlightResult } from './cache-entry.js';
import type { CacheParts } from './cache-store.js';
import { Conclusion } from './conclusion.js';
import type { EndedLoad } from './conclusion.js';
import { LeasedCall, claim } from './leased-load.js';
import type { Claimant, OutcomeElsewhere } from './leased-load.js';
import { isFresh, mayReplaceError, withinStaleWindow } from './freshness.js';
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

/** Of a flight that is wanted for its value, whatever that is. */
export const ANYTHING: LoadPurpose = Object.freeze({});

/**
 * What happens inside one flight: a look at what has come meanwhile; where processes share a tier, a claim,
 * and else a look-up in the tiers below; the call of the backend; storing.
 */
export class Load<T> implements Claimant, EndedLoad<T> {
  /** The loader has failed, and that was taken into account. */
  accounted = false;
  readonly values: ValueSharing;
  readonly number: number;
  readonly epoch: number;
  readonly startedAt: number;
  callEpoch: number;
  wasForgotten = false;
  version: number | undefined = undefined;
  previous: CacheEntry | undefined = undefined;
  call: CallContext<T> | undefined = undefined;
  leased: LeasedCall | undefined = undefined;
  /** Those who wait for its flight and ask for nothing special. */
  joiners: object | undefined = undefined;
  private failure: unknown = undefined;
  private readonly conclusion: Conclusion<T>;

  constructor(
    private readonly parts: CacheParts,
    readonly lookUp: LookUp<T>,
    private readonly purpose: LoadPurpose,
    /** That of its key, or one beside it. */
    readonly flight: FlightContext,
  ) {
    const { context } = parts;
    flight.about = this;
    this.values = lookUp.coalescer.valueSharing;
    this.epoch = this.callEpoch = context.epochs.now;
    this.number = context.nextFlight();
    this.startedAt = this.now;
    this.conclusion = new Conclusion(parts, this);
  }

  get wantsNewer(): boolean {
    return this.purpose.newer === true || this.lookUp.revalidate;
  }

  /** Runs to its end, as the loader of its flight. */
  run(): FlightResult<T> | Promise<FlightResult<T>> {
    const { lookUp, parts, purpose } = this;
    const { context, store } = parts;
    const held = (this.previous = store.memory.find(lookUp.key.text)?.entry);
    const isNews = held !== purpose.inHand && !lookUp.revalidate;
    if (held && isNews && isFresh(held, this.startedAt)) {
      return this.conclusion.found(held, 'memory');
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
    if (lookUp.revalidate || !isServable(entry, this.now)) return this.callBackend();
    parts.telemetry.tierHit(lookUp.key.text, tier);
    return this.conclusion.found(entry, tier);
  }

  private async claimOrCall(shared: SharedTier): Promise<FlightResult<T>> {
    const { parts, flight } = this;
    const claimed = await claim(shared, parts, this);
    this.previous = claimed.previous?.entry ?? this.previous;
    if (claimed.kind === 'found') {
      const { entry, tier, version } = claimed.found;
      this.version = version;
      return this.conclusion.found(entry, tier);
    }
    const adopted = claimed.kind === 'outcome' && this.adopt(claimed);
    if (adopted) return adopted;
    // What was invalidated while others were waited for does not concern a call that begins after it.
    this.callEpoch = parts.context.epochs.now;
    this.wasForgotten = flight.fenced;
    return claimed.kind === 'lease' ? this.lead(claimed.lease) : this.callBackend();
  }

  /** Ends as the process that led has ended; `undefined` where nobody can say how that is. */
  private adopt({ outcome, tags, version }: OutcomeElsewhere): FlightResult<T> | undefined {
    if (outcome.kind === 'error') {
      this.version = version;
      return this.rescue(outcome.error);
    }
    let told: T;
    try {
      told = this.parts.store.valueOf(outcome.value) as T;
    } catch {
      // Of another release, or another configuration.
      return undefined;
    }
    this.version = version;
    const { conclusion, values } = this;
    const value = values.share(told);
    const entry = conclusion.entryOf(LoadOutcome.uncacheable(value, { tags }), value, 0);
    return conclusion.unstored('passing', entry, 'uncacheable');
  }

  /** Calls in place of all processes, and tells those who wait elsewhere what came of it. */
  private async lead(lease: TierLease): Promise<FlightResult<T>> {
    const { lookUp, parts, flight } = this;
    const leased = (this.leased = new LeasedCall(parts, lease));
    this.version = lease.version;
    flight.unawaitedElsewhere = lease.unawaited?.bind(lease);
    try {
      const result = await this.callBackend();
      leased.tell(result, this.failure, () => this.conclusion.isOutdated(result.tags));
      const refused = await leased.refused();
      if (!refused) return result;
      parts.telemetry.fenced(lookUp.key.text);
      return this.conclusion.unstored('loaded', refused, 'overtaken');
    } catch (error) {
      leased.failed(error, flight.signal.aborted);
      throw error;
    }
  }

  /** Not `async`, which allocates as much again as all that a miss keeps. */
  private callBackend(): FlightResult<T> | Promise<FlightResult<T>> {
    const { lookUp, flight, parts } = this;
    parts.telemetry.load();
    this.call = new CallContext<T>(flight, this.previous, parts.context.ports.clock);
    let loaded: Promise<T | LoadOutcome<T>>;
    try {
      loaded = Promise.resolve(lookUp.load(this.call));
    } catch (error) {
      return this.rescue(error);
    }
    return loaded.then(
      (result) => this.loaded(result),
      (error: unknown) => this.rescue(error),
    );
  }

  private loaded(result: T | LoadOutcome<T>): FlightResult<T> {
    const outcome = LoadOutcome.of(result);
    let value: T;
    try {
      // Before anything is stored: what cannot be shared is a failure of the load, like any other.
      value = this.values.share(outcome.value as T);
    } catch (error) {
      return this.rescue(error);
    }
    if (outcome.failure === undefined) return this.conclusion.conclude(outcome, value);
    return this.standIn(outcome.failure) ?? this.conclusion.pass(outcome, value);
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
    const isVoid = parts.store.isVoid(key, previous, this.epoch);
    if (isVoid || !mayReplaceError(previous, this.now)) return undefined;
    return this.conclusion.result('rescued', previous);
  }
}

/** What runs a flight of a cache, once it has begun. */
export function loadOf({ about }: FlightContext): Load<unknown> | undefined {
  return about instanceof Load ? about : undefined;
}

/** Whether an invalidation that holds for what is before this version ends the flight. */
export function isVoid(flight: FlightContext, before: number): boolean {
  return (loadOf(flight)?.leasedAs ?? -Infinity) < before;
}
