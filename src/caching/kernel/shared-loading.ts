import type { CacheEntry } from './cache-entry.js';
import { CacheLoading } from './cache-loading.js';
import type { LoadingParts } from './cache-loading.js';
import type { FlightOutcome } from './cache-result.js';
import type { RunningFlight } from './flight-runner.js';
import { withinStaleWindow } from './freshness.js';
import type { Inquiry } from './inquiry.js';
import { LoadOutcome } from './load-outcome.js';
import type { LoadingListener, LoadingPurpose } from './loading-purpose.js';
import type { FoundBelow } from './lower-tiers.js';
import type { SharedTier, TierClaim, TierLease, TierRecord, TierWish } from './tier.js';

/** Claims of one loading: for anything, and for something newer than what came of that. */
const MAX_CLAIMS = 3;

/** A loading that is one call among all processes: what they have, what one of them gets, or our call. */
export class SharedLoading<T> extends CacheLoading<T> {
  private lease: TierLease | undefined;
  /** What was given to the tier to keep, whether by a right in doubt, and whether it is kept. */
  private published:
    | { readonly entry: CacheEntry; readonly doubtful: boolean; readonly kept: Promise<boolean> }
    | undefined;
  private failure: unknown;

  constructor(
    private readonly shared: SharedTier,
    parts: LoadingParts,
    inquiry: Inquiry<T>,
    purpose: LoadingPurpose,
    flight: RunningFlight,
    listener: LoadingListener,
  ) {
    super(parts, inquiry, purpose, flight, listener);
  }

  override async run(): Promise<FlightOutcome<T>> {
    const newer = this.findInMemory();
    if (newer) return newer;
    let held = await this.inDoubt();
    let acceptStale = this.purpose.newer !== true;
    let after: number | undefined;
    for (let claims = 0; claims < MAX_CLAIMS; claims++) {
      const claim = await this.claim({ acceptStale, after }, held);
      switch (claim.kind) {
        case 'current': {
          // Fresh by the tier's clock, which is the one that all processes share; or stale, and then it
          // is of use for as long as values live here.
          const mine = this.confirm(held ?? this.inMemory(), claim.version);
          if (mine && (!acceptStale || withinStaleWindow(mine.entry, this.now))) {
            this.version = mine.version;
            return this.found(mine.entry, mine.tier);
          }
          acceptStale = false;
          break;
        }
        case 'record': {
          held = this.take(claim.record);
          this.version = held?.version;
          const found = held && this.serve(held);
          if (found) return found;
          this.version = undefined;
          // Of no use to this process, and so to nobody: of all that find it so, one fetches it anew.
          if (!held) after = claim.record.version;
          acceptStale = false;
          break;
        }
        case 'outcome':
          return this.adopt(claim);
        case 'lead':
          return this.lead(claim);
        case 'alone': {
          // Better what may have been invalidated unheard than nothing: as if there were no others.
          const mine = this.confirm(held, held?.version);
          return (mine && this.serve(mine)) ?? this.callBackend();
        }
      }
    }
    return this.callBackend();
  }

  /** Once the tier has a say in what is written, only by its leave. */
  protected override write(entry: CacheEntry): boolean {
    if (!this.lease) return super.write(entry);
    const { doubtful = false } = this.lease;
    const kept = this.parts.store.publish(this.inquiry.key, entry, this.lease);
    this.published = { entry, doubtful, kept };
    return true;
  }

  protected override standIn(error: unknown): FlightOutcome<T> | undefined {
    this.failure = error;
    return super.standIn(error);
  }

  /** What this machine has, of which the others may know that it holds no longer. */
  private async inDoubt(): Promise<FoundBelow | undefined> {
    const { store, room } = this.parts;
    const { key } = this.inquiry;
    const inMemory = store.doubtful(key);
    return (
      inMemory ??
      (room.tiers.any
        ? store.findBelow(this.inquiry, this.number, this.epoch, this.values)
        : undefined)
    );
  }

  private claim(
    wish: Pick<TierWish, 'acceptStale' | 'after'>,
    held: FoundBelow | undefined,
  ): Promise<TierClaim> {
    const { flight, inquiry, parts, shared } = this;
    const have = (held ?? this.inMemory())?.version;
    const { signal, deadline } = flight;
    const { tags, policy } = inquiry;
    const freshMs = Math.max(policy.freshMs, policy.negativeMs);
    return shared.claim(parts.store.storageKey(inquiry.key), {
      ...wish,
      ...{ have, tags, freshMs, signal, deadline },
      offer: held && (() => parts.store.recordOf(inquiry.key, held.entry)),
    });
  }

  private take(record: TierRecord): FoundBelow | undefined {
    const { parts, inquiry, number, epoch, values } = this;
    return parts.store.take(inquiry, record, number, epoch, values);
  }

  private inMemory(): FoundBelow | undefined {
    const slot = this.parts.store.find(this.inquiry.key);
    return slot && { entry: slot.entry, tier: 'memory', version: slot.version };
  }

  private confirm(held: FoundBelow | undefined, version?: number): FoundBelow | undefined {
    const mine = held && { ...held, version };
    if (mine) this.parts.store.warm(this.inquiry.key, mine);
    return mine;
  }

  /** Ends as the process that led has ended. */
  private adopt({
    outcome,
    tags,
    version,
  }: Extract<TierClaim, { kind: 'outcome' }>): FlightOutcome<T> {
    this.version = version;
    if (outcome.kind === 'error') return this.rescue(outcome.error);
    const value = this.values.share(outcome.value as T);
    const uncacheable = LoadOutcome.uncacheable(value, { tags });
    return this.unstored('passing', this.entryOf(uncacheable, value, 0), 'uncacheable');
  }

  private async lead({
    lease,
    stale,
  }: Extract<TierClaim, { kind: 'lead' }>): Promise<FlightOutcome<T>> {
    this.lease = lease;
    this.version = lease.version;
    this.listener.led(lease.version);
    const taken = stale && this.take(stale);
    this.previous = taken?.entry ?? this.previous;
    try {
      const outcome = await this.callBackend();
      if (!this.published) this.tell(outcome, lease);
      return (await this.refused()) ?? outcome;
    } catch (error) {
      if (this.flight.signal.aborted) lease.release('gave-up');
      else lease.settle({ kind: 'error', error });
      throw error;
    }
  }

  /**
   * What the callers get of a value that the tier has refused. Nobody waits for its answer, unless the
   * right to write was in doubt.
   */
  private async refused(): Promise<FlightOutcome<T> | undefined> {
    const { published, parts } = this;
    if (!published?.doubtful) return undefined;
    const { options, ports } = parts.room;
    let cancel = (): void => undefined;
    const late = new Promise<boolean>((resolve) => {
      cancel = ports.scheduler.schedule(() => resolve(true), options.tierTimeoutMs);
    });
    const kept = await Promise.race([published.kept, late]);
    cancel();
    if (kept) return undefined;
    parts.telemetry.fenced(this.inquiry.key);
    return this.unstored('loaded', published.entry, 'overtaken');
  }

  /** Tells those who wait elsewhere what came of the call, where it left nothing to keep. */
  private tell(outcome: FlightOutcome<T>, lease: TierLease): void {
    switch (outcome.kind) {
      case 'unshared':
        lease.release('unshareable');
        return;
      case 'rescued':
        lease.settle({ kind: 'error', error: this.failure });
        return;
      default:
        // Others fetch anew what was invalidated meanwhile.
        if (this.isOutdated(outcome.tags)) lease.release('gave-up');
        else lease.settle({ kind: 'value', value: outcome.value }, outcome.tags);
    }
  }

  // What was invalidated while others were waited for does not concern a call that begins after it.
  protected override callBackend(): Promise<FlightOutcome<T>> {
    this.callEpoch = this.parts.room.epochs.now;
    this.wasForgotten = this.flight.fenced === true;
    return super.callBackend();
  }
}
