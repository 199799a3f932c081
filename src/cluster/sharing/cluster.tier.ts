import { outdatedRecord, parseStorageKey, usefulMs } from '../../caching/index.js';
import type {
  Drop,
  Invalidation,
  InvalidationFacts,
  SharedOutcome,
  SharedTier,
  SharedTierListener,
  TierClaim,
  TierHealth,
  TierLease,
  TierRecord,
  TierClaimOptions,
} from '../../caching/index.js';
import type { Clock } from '../../ground/index.js';
import type { Lease, Leases, PublishOptions, SharedValue, Void } from '../kernel/index.js';
import type { Store } from '../store/store.js';
import type { OutcomeCodec } from './outcome-codec.js';
import { decodeRecord, encodeRecord } from './record-payload.js';

/** How long a flight may take of which nobody says so, in milliseconds. */
const DEFAULT_FLIGHT_MS = 30_000;

/** Set apart from the flights of coalescers. */
const NAMESPACE = 'cache:';

/** In one millisecond: tokens are moments of the store. */
const MICROSECONDS = 1_000;

/** What the tags begin with that stand for soft invalidations. */
const SOFT = {
  delete: '\u0001soft key:',
  deleteTag: '\u0001soft tag:',
  deletePrefix: '\u0001soft prefix:',
} as const;

/** What the tier works with. */
export interface ClusterTierParts {
  readonly leases: Leases;
  readonly store: Pick<Store, 'state'>;
  readonly codec: OutcomeCodec;
  readonly clock: Clock;
}

/**
 * The cache tier that all processes of a cluster share. Keys are `<cache>:<key>`, as caches make them:
 * what stands before the first colon can be dropped as a whole.
 */
export class ClusterTier implements SharedTier {
  readonly name = 'shared';
  private damaged = 0;
  private closed = false;
  /** Invalidations of this process that the store has not answered. */
  private readonly underWay = new Set<Promise<boolean>>();

  constructor(private readonly parts: ClusterTierParts) {}

  async claim(key: string, options: TierClaimOptions): Promise<TierClaim> {
    const { clock, leases } = this.parts;
    const { acceptStale, have, after, tags, signal, deadline } = options;
    const held = have === undefined ? undefined : options.offer?.();
    const version = held && have !== undefined && (await this.offer(held, have));
    if (version) return { kind: 'current', version };
    const claim = await leases.claim({
      ...this.named(key),
      ...{ acceptStale, tags, signal },
      ...(have !== undefined && { haveToken: have }),
      ...(after !== undefined && { after }),
      ...(options.freshMs !== undefined && { freshMs: options.freshMs }),
      flightTimeoutMs:
        deadline === undefined ? DEFAULT_FLIGHT_MS : Math.max(1, deadline - clock.monotonic()),
    });
    // What came of it is judged by them, and so by their tokens.
    if (this.underWay.size > 0) await Promise.all(this.underWay);
    switch (claim.kind) {
      case 'value':
        if (claim.value.payload === undefined)
          return { kind: 'current', version: claim.value.token };
        return await this.recordClaim(key, claim.value);
      case 'outcome': {
        const outcome = this.parts.codec.decode(claim.payload);
        if (!outcome) return { kind: 'alone' };
        return { kind: 'outcome', outcome, tags: claim.tags, version: claim.token };
      }
      case 'lead': {
        const stale = claim.stale && (await this.recordOf(key, claim.stale));
        return { kind: 'lead', lease: new ClusterTierLease(claim.lease, this.parts), stale };
      }
      case 'alone':
        return { kind: 'alone' };
    }
  }

  async get(key: string): Promise<TierRecord | undefined> {
    if (this.closed) return undefined;
    const value = await this.parts.leases.peek(this.named(key));
    return value && (await this.recordOf(key, value));
  }

  async set(record: TierRecord): Promise<void> {
    if (this.closed) return;
    const { leases, clock } = this.parts;
    await leases.put(this.named(record.key), encodeRecord(record), timesOf(record, clock));
  }

  delete(key: string): Promise<boolean> {
    const { key: stored, name } = this.named(key);
    return this.invalidated(this.parts.leases.invalidate(stored, name));
  }

  deleteTag(tag: string): Promise<boolean> {
    return this.invalidated(this.parts.leases.invalidateTag(tag));
  }

  /** @param prefix a cache's name with its colon, or nothing for all caches */
  deletePrefix(prefix: string): Promise<boolean> {
    const { leases } = this.parts;
    if (prefix === '') return this.invalidated(leases.invalidateAll());
    return this.invalidated(leases.invalidateName(NAMESPACE + prefix.replace(/:$/, '')));
  }

  /**
   * By a tag of its own, which nothing carries: whoever reads a value asks for those that would mean it. So
   * the store keeps it, repeats it and tells it as it does with tags.
   */
  outdate(how: Drop, what: string): Promise<boolean> {
    return this.invalidated(this.parts.leases.invalidateTag(SOFT[how] + what));
  }

  listen(listener: SharedTierListener): () => void {
    const { leases } = this.parts;
    const stops = [
      leases.onInvalidation((invalidation) => {
        if (invalidation.kind === 'gap') {
          listener.missed();
          return;
        }
        const heard = invalidationOf(invalidation);
        if (heard) listener.invalidated(heard, factsOf(invalidation));
      }),
      leases.onTrust((trusted) => listener.hears?.(trusted)),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  /** What it holds is the store's to know. */
  health(): TierHealth {
    const { damaged } = this;
    return this.parts.store.state === 'ready'
      ? { status: 'up', damaged }
      : { status: 'degraded', damaged, reason: 'the store is away' };
  }

  /** Ends its use; the connection is somebody else's. */
  close(): void {
    this.closed = true;
  }

  private async invalidated(taken: Promise<boolean>): Promise<boolean> {
    this.underWay.add(taken);
    const isTaken = await taken;
    this.underWay.delete(taken);
    return isTaken;
  }

  /** Gives back what the store has lost, if it has. */
  private offer(record: TierRecord, token: number): Promise<number | undefined> {
    const { leases, clock } = this.parts;
    const times = timesOf(record, clock);
    return leases.offer({
      ...this.named(record.key),
      ...times,
      token,
      payload: encodeRecord(record),
    });
  }

  private named(key: string): { readonly key: string; readonly name?: string } {
    const colon = key.indexOf(':');
    const stored = { key: NAMESPACE + key };
    return colon < 0 ? stored : { ...stored, name: NAMESPACE + key.slice(0, colon) };
  }

  private async recordClaim(key: string, value: SharedValue): Promise<TierClaim> {
    const record = await this.recordOf(key, value);
    return record ? { kind: 'record', record } : { kind: 'alone' };
  }

  /** As soft invalidations have left it, those included that were made before this process began to hear. */
  private async recordOf(key: string, value: SharedValue): Promise<TierRecord | undefined> {
    const record = this.decoded(key, value);
    if (record === undefined) return undefined;
    try {
      const fence = await this.parts.leases.voiding(softTagsOf(record), value.token);
      return fence === 0 ? record : this.outdatedAt(record, fence / MICROSECONDS);
    } catch {
      // Where nobody can tell, it is to be asked for again.
      return this.outdatedAt(record, record.bornAt + value.ageMs);
    }
  }

  /** The clocks of the two machines may differ: no earlier than its birth, and no later than now. */
  private outdatedAt(record: TierRecord, wall: number): TierRecord {
    return outdatedRecord(record, Math.min(Math.max(wall, record.bornAt), this.parts.clock.wall()));
  }

  private decoded(key: string, value: SharedValue): TierRecord | undefined {
    const { payload, token: version, ageMs, tags } = value;
    if (!payload) return undefined;
    const decoded = decodeRecord(payload);
    if (decoded?.key !== key) {
      this.damaged++;
      return undefined;
    }
    return { ...decoded, version, tags, bornAt: this.parts.clock.wall() - ageMs };
  }
}

/** The right to lead, in the words of a cache. */
class ClusterTierLease implements TierLease {
  constructor(
    private readonly lease: Lease,
    private readonly parts: ClusterTierParts,
  ) {}

  get version(): number {
    return this.lease.token;
  }

  get doubtful(): boolean {
    return this.lease.doubtful;
  }

  async publish(record: TierRecord): Promise<number | 'refused' | undefined> {
    const { lease, parts } = this;
    const version = await lease.publish(encodeRecord(record), timesOf(record, parts.clock));
    return version ?? (lease.lost ? 'refused' : undefined);
  }

  settle(outcome: SharedOutcome, tags: readonly string[] = []): void {
    void this.parts.codec.tell(this.lease, outcome, tags);
  }

  release(reason: 'unshareable' | 'gave-up'): void {
    void this.lease.release(reason);
  }

  unawaited(): Promise<void> {
    return this.lease.unawaited();
  }
}

/** How long a record lives, counted from its birth. */
function timesOf(record: TierRecord, clock: Clock): Required<PublishOptions> {
  const { freshMs, keepMs, tags, bornAt } = record;
  return {
    freshMs,
    keepMs: usefulMs(record),
    // What says itself how long it lives says it to everybody.
    uncut: keepMs !== undefined,
    ageMs: Math.max(0, clock.wall() - bornAt),
    tags,
  };
}

/** Of a tag the fence itself is void as well. */
function factsOf({ kind, token, own }: Void & { own: boolean }): InvalidationFacts {
  return { version: kind === 'tag' ? token + 1 : token, own };
}

function invalidationOf(invalidation: Void): Invalidation | undefined {
  switch (invalidation.kind) {
    case 'key': {
      const key = withoutNamespace(invalidation.key);
      return key?.includes(':') === true ? { kind: 'key', ...parseStorageKey(key) } : undefined;
    }
    case 'tag':
      return softOf(invalidation.tag) ?? { kind: 'tag', tag: invalidation.tag };
    case 'name': {
      const name = withoutNamespace(invalidation.name);
      return name === undefined ? undefined : { kind: 'cache', cache: decodeURIComponent(name) };
    }
    case 'all':
      return { kind: 'all' };
  }
}

/** The tags by which a record may have been outdated. */
function softTagsOf({ key, tags }: TierRecord): string[] {
  const prefix = key.slice(0, key.indexOf(':') + 1);
  return [
    SOFT.deletePrefix,
    SOFT.deletePrefix + prefix,
    SOFT.delete + key,
    ...tags.map((tag) => SOFT.deleteTag + tag),
  ];
}

/** The soft invalidation that a tag stands for, if it does. */
function softOf(tag: string): Invalidation | undefined {
  const of = (begin: string) => (tag.startsWith(begin) ? tag.slice(begin.length) : undefined);
  const key = of(SOFT.delete);
  if (key !== undefined) return { kind: 'key', ...parseStorageKey(key), soft: true };
  const meant = of(SOFT.deleteTag);
  if (meant !== undefined) return { kind: 'tag', tag: meant, soft: true };
  const prefix = of(SOFT.deletePrefix);
  if (prefix === undefined) return undefined;
  if (prefix === '') return { kind: 'all', soft: true };
  return { kind: 'cache', ...cacheOf(prefix), soft: true };
}

function cacheOf(prefix: string): { readonly cache: string } {
  return { cache: parseStorageKey(prefix).cache };
}

function withoutNamespace(text: string): string | undefined {
  return text.startsWith(NAMESPACE) ? text.slice(NAMESPACE.length) : undefined;
}
