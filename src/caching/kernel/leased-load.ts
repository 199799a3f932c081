import type { FlightContext } from '../../coalescing/kernel/index.js';
import type { CacheEntry, FlightResult } from './cache-entry.js';
import type { EntryKey } from './cache-key.js';
import type { CacheParts, Finder, Wanted } from './cache-store.js';
import { isFresh, withinStaleWindow } from './freshness.js';
import type { FoundBelow } from './lower-tiers.js';
import type { ValueFacts } from './load-outcome.js';
import type { LookUp } from './look-up-options.js';
import type { SharedTier, TierClaim, TierLease } from './tier.js';

/** Claims of one load: for anything, and for something newer than what came of that. */
const MAX_CLAIMS = 3;

/** The load that makes a claim. */
export interface Claimant extends Finder {
  readonly lookUp: Pick<LookUp<unknown>, 'key' | 'policy' | 'tags' | 'revalidate'>;
  readonly flight: FlightContext;
  /** The caller has a stale value, or was offered one, and wants a newer one. */
  readonly wantsNewer: boolean;
}

/** What came of a call of another process, which has left nothing to keep. */
export type OutcomeElsewhere = Extract<TierClaim, { readonly kind: 'outcome' }>;

/** What the other processes say: there is a value, an outcome of theirs, the right to call, or nobody. */
export type Claim = {
  /** What was found on the way and could not be served: the loader may ask to renew it. */
  readonly previous: FoundBelow | undefined;
} & (
  | { readonly kind: 'found'; readonly found: FoundBelow }
  | OutcomeElsewhere
  | { readonly kind: 'lease'; readonly lease: TierLease }
  | { readonly kind: 'alone' }
);

/**
 * One step of a load where processes share a tier: asks whether another one has the value, or is about to,
 * and else for the right to call the backend in place of all.
 */
export async function claim(
  shared: SharedTier,
  parts: CacheParts,
  claimant: Claimant,
): Promise<Claim> {
  const { store, telemetry, context } = parts;
  const { lookUp, flight } = claimant;
  const { key, policy, tags } = lookUp;
  const { clock } = context.ports;
  const isServable = claimant.wantsNewer ? isFresh : withinStaleWindow;
  let held = await inDoubt(parts, claimant);
  let previous: FoundBelow | undefined;
  let acceptStale = !claimant.wantsNewer;
  let after: number | undefined;
  if (lookUp.revalidate) {
    // What there is already is what is to be confirmed; whatever comes after it was asked for since.
    const record = await shared.get(key.stored);
    const known = record && store.take(lookUp, record, claimant);
    previous = known ?? held;
    after = record?.version ?? (held ?? store.inMemory(key))?.version;
  }

  /** What may be served; if it may not, it is what the loader gets. */
  const serve = (below: FoundBelow): boolean => {
    previous = below;
    if (!isServable(below.entry, clock.monotonic())) return false;
    telemetry.tierHit(key.text, below.tier);
    return true;
  };

  for (let claims = 0; claims < MAX_CLAIMS; claims++) {
    // What is to be confirmed is nothing to be told of, nor to be given back to a tier that has lost it.
    const mine = lookUp.revalidate ? undefined : held;
    const inMemory = lookUp.revalidate ? undefined : store.inMemory(key);
    after = beyondOutdated(held ?? inMemory, after, (entry) =>
      isServable(entry, clock.monotonic()),
    );
    const claimed = await shared.claim(key.stored, {
      ...{ acceptStale, after, tags },
      have: (mine ?? inMemory)?.version,
      freshMs: Math.max(policy.freshMs, policy.negativeMs),
      ...{ signal: flight.signal, deadline: flight.deadline },
      offer: mine && (() => store.recordOf(key, mine.entry)),
    });
    switch (claimed.kind) {
      case 'current': {
        // Fresh by the tier's clock, which is the one that all processes share; or stale, and then it
        // is of use for as long as values live here.
        const found = confirmed(parts, lookUp, held ?? store.inMemory(key), claimed.version);
        if (found && (!acceptStale || withinStaleWindow(found.entry, clock.monotonic()))) {
          return { kind: 'found', found, previous };
        }
        break;
      }
      case 'record':
        held = store.take(lookUp, claimed.record, claimant);
        if (held && serve(held)) return { kind: 'found', found: held, previous };
        // Of no use to this process, and so to nobody: of all that find it so, one fetches it anew.
        if (!held) after = claimed.record.version;
        break;
      case 'outcome':
        return { ...claimed, previous };
      case 'lead': {
        const stale = claimed.stale && store.take(lookUp, claimed.stale, claimant);
        return { kind: 'lease', lease: claimed.lease, previous: stale ?? previous };
      }
      case 'alone': {
        // Better what may have been invalidated unheard than nothing: as if there were no others. It is
        // confirmed by nobody, and so is asked for again by the next one.
        if (held) store.warm(key, held, { inDoubt: true });
        if (!held || lookUp.revalidate || !serve(held)) return { kind: 'alone', previous };
        // Nobody has said which version it is now.
        return { kind: 'found', found: { ...held, version: undefined }, previous };
      }
    }
    acceptStale = false;
  }
  return { kind: 'alone', previous };
}

/** What has been outdated, and may not be served, is not to be confirmed: something later has to come. */
function beyondOutdated(
  known: FoundBelow | undefined,
  after: number | undefined,
  isServable: (entry: CacheEntry) => boolean,
): number | undefined {
  if (known?.version === undefined || !known.entry.outdated || isServable(known.entry))
    return after;
  return Math.max(known.version, after ?? known.version);
}

/** What this machine has, of which the others may know that it holds no longer. */
async function inDoubt(
  { store, context }: CacheParts,
  claimant: Claimant,
): Promise<FoundBelow | undefined> {
  const { lookUp } = claimant;
  const inMemory = store.doubtful(lookUp.key);
  return inMemory ?? (context.tiers.any ? store.findBelow(lookUp, claimant) : undefined);
}

/** What this machine has is good, in that version. */
function confirmed(
  { store }: CacheParts,
  { key }: Wanted,
  held: FoundBelow | undefined,
  version: number | undefined,
): FoundBelow | undefined {
  const mine = held && { ...held, version };
  if (mine) store.warm(key, mine);
  return mine;
}

/** A call in place of all processes: keeps what it brings by leave of the shared tier, and ends its lease. */
export class LeasedCall {
  /** What was given to the tier to keep, whether by a right in doubt, and whether it is kept. */
  private published:
    | { readonly entry: CacheEntry; readonly doubtful: boolean; readonly kept: Promise<boolean> }
    | undefined = undefined;

  /** What is said about what the call has brought. */
  private facts: ValueFacts = {};
  /** The end of the lease is somebody else's. */
  private isHeld = false;

  constructor(
    private readonly parts: CacheParts,
    readonly lease: TierLease,
  ) {}

  /** What the call has brought, and what is said about that. */
  brought(facts: ValueFacts): void {
    this.facts = facts;
  }

  /** The lease is ended by whoever waits for the value to be whole. */
  hold(): void {
    this.isHeld = true;
  }

  /** Stores `entry` in every tier that takes it. */
  keep(key: EntryKey, entry: CacheEntry): boolean {
    const { doubtful = false } = this.lease;
    this.published = { entry, doubtful, kept: this.parts.store.publish(key, entry, this.lease) };
    return true;
  }

  /** Tells those who wait elsewhere what came of the call, unless there is a value that they find. */
  tell(result: FlightResult<unknown>, failure: unknown, isOutdated: () => boolean): void {
    const { lease, published, isHeld } = this;
    const { completed, local } = this.facts;
    if (published || isHeld) return;
    const settle = () => {
      // Others fetch anew what was invalidated meanwhile.
      if (isOutdated()) lease.release('gave-up');
      else this.settle(result);
    };
    if (result.kind === 'rescued') lease.settle({ kind: 'error', error: failure });
    else if (result.kind === 'unshared' || local) lease.release('unshareable');
    else if (!completed) settle();
    // Nobody waits for the end of what he will not get.
    else if (result.unstored === 'too-large') lease.release('unshareable');
    else completed.then(settle, () => lease.release('gave-up'));
  }

  private settle({ value, tags }: FlightResult<unknown>): void {
    const outcome = this.parts.store.outcomeOf(value);
    if (outcome) this.lease.settle(outcome, tags);
    else this.lease.release('unshareable');
  }

  /** Tells them of the error; a call that was given up says nothing to them. */
  failed(error: unknown, gaveUp: boolean): void {
    if (gaveUp) this.lease.release('gave-up');
    else this.lease.settle({ kind: 'error', error });
  }

  /**
   * The entry that the tier has refused. Nobody waits for its answer, unless the right to write was in
   * doubt.
   */
  async refused(): Promise<CacheEntry | undefined> {
    const { published, parts } = this;
    if (!published?.doubtful) return undefined;
    const { options, ports } = parts.context;
    let cancel = (): void => undefined;
    const late = new Promise<boolean>((resolve) => {
      cancel = ports.scheduler.schedule(() => resolve(true), options.tierTimeoutMs);
    });
    const kept = await Promise.race([published.kept, late]);
    cancel();
    return kept ? undefined : published.entry;
  }
}
