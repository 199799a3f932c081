import { parseStorageKey } from '../kernel/cache-key.js';
import { usefulMs } from '../kernel/freshness.js';
import type { Invalidation } from '../kernel/epochs.js';
import type {
  Drop,
  InvalidationFacts,
  SharedOutcome,
  SharedTier,
  SharedTierListener,
  TierClaim,
  TierHealth,
  TierRecord,
  TierClaimOptions,
} from '../kernel/tier.js';

interface Flight {
  /** Which write it will be. */
  readonly version: number;
  readonly leader: SharedMapTier;
  readonly tags: readonly string[];
  readonly waiting: Set<(claim: TierClaim | 'again') => void>;
  fenced: boolean;
}

/** A store that several caches share in one process: what {@link SharedMapTier}s stand on. */
export class SharedMap {
  readonly records = new Map<string, TierRecord>();
  readonly flights = new Map<string, Flight>();
  readonly tiers = new Set<SharedMapTier>();
  /** While true nobody reaches it. */
  away = false;
  /** What writers hear, they hear after this. */
  slow: Promise<void> = Promise.resolve();
  private lastVersion = 0;
  private readonly tagFences = new Map<string, number>();

  constructor(readonly wall: () => number) {}

  nextVersion(): number {
    return ++this.lastVersion;
  }

  /** It has forgotten everything, fences included. */
  flush(): void {
    this.records.clear();
  }

  /** Drops what `matches`, and fences what is under way. */
  drop(matches: (key: string, tags: readonly string[]) => boolean): void {
    for (const [key, { tags }] of this.records) if (matches(key, tags)) this.records.delete(key);
    for (const [key, flight] of this.flights) if (matches(key, [])) this.fence(key, flight);
  }

  /** Voids what carries the tag: what is stored, and what is being fetched by those who hear of it. */
  dropTag(tag: string): void {
    this.tagFences.set(tag, this.nextVersion());
    this.drop((_, tags) => tags.includes(tag));
    for (const [key, flight] of this.flights) {
      if (flight.tags.includes(tag) && !flight.leader.isDeaf) this.fence(key, flight);
    }
  }

  /** Whether one of the tags was invalidated since. */
  isVoid(tags: readonly string[], version: number): boolean {
    return tags.some((tag) => (this.tagFences.get(tag) ?? 0) > version);
  }

  /** Everybody hears it, `from` first: the tier has taken it. */
  tell(from: SharedMapTier, invalidation: Invalidation): void {
    const version = this.nextVersion();
    from.hear(invalidation, { version, own: true });
    for (const tier of this.tiers) {
      if (tier !== from) tier.hear(invalidation, { version, own: false });
    }
  }

  private fence(key: string, flight: Flight): void {
    flight.fenced = true;
    this.flights.delete(key);
    for (const wake of flight.waiting) wake('again');
  }
}

/** One process's view of a {@link SharedMap}. */
export class SharedMapTier implements SharedTier {
  readonly name = 'shared';
  /** Claims so far. */
  claims = 0;
  private readonly listeners = new Set<SharedTierListener>();
  isDeaf = false;
  private late: (() => void)[] | undefined;
  /** It stood still for so long that others may have its leads. */
  isInDoubt = false;
  /** How its leases learn that nobody waits elsewhere; left out: they ask nobody. */
  unawaited?: () => Promise<void>;

  constructor(private readonly map: SharedMap) {
    map.tiers.add(this);
  }

  async claim(key: string, options: TierClaimOptions): Promise<TierClaim> {
    this.claims++;
    for (;;) {
      if (this.map.away) return { kind: 'alone' };
      const now = this.look(key, options);
      if (now) return now;
      const flight = this.map.flights.get(key);
      if (!flight || flight.version <= (options.after ?? 0)) return this.lead(key, options.tags);
      const claim = await new Promise<TierClaim | 'again'>((resolve) =>
        flight.waiting.add(resolve),
      );
      if (claim !== 'again') return claim;
    }
  }

  get(key: string): TierRecord | undefined {
    return this.map.records.get(key);
  }

  set(record: TierRecord): void {
    this.map.drop((key) => key === record.key);
    this.map.records.set(record.key, { ...record, version: this.map.nextVersion() });
  }

  delete(key: string): Promise<boolean> {
    this.map.drop((stored) => stored === key);
    this.map.tell(this, { kind: 'key', ...parseStorageKey(key) });
    return Promise.resolve(true);
  }

  deleteTag(tag: string): Promise<boolean> {
    this.map.dropTag(tag);
    this.map.tell(this, { kind: 'tag', tag });
    return Promise.resolve(true);
  }

  deletePrefix(prefix: string): Promise<boolean> {
    this.map.drop((key) => key.startsWith(prefix));
    if (prefix === '') this.map.tell(this, { kind: 'all' });
    else this.map.tell(this, { kind: 'cache', cache: parseStorageKey(prefix).cache });
    return Promise.resolve(true);
  }

  outdate(how: Drop, what: string): Promise<boolean> {
    const soft = true;
    if (how === 'deleteTag') this.map.tell(this, { kind: 'tag', tag: what, soft });
    else if (how === 'delete') this.map.tell(this, { kind: 'key', ...parseStorageKey(what), soft });
    else if (what === '') this.map.tell(this, { kind: 'all', soft });
    else this.map.tell(this, { kind: 'cache', cache: parseStorageKey(what).cache, soft });
    return Promise.resolve(true);
  }

  listen(listener: SharedTierListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  hear(invalidation: Invalidation, facts: InvalidationFacts): void {
    if (this.isDeaf) return;
    if (this.late) {
      this.late.push(() => this.hear(invalidation, facts));
      return;
    }
    for (const listener of this.listeners) listener.invalidated(invalidation, facts);
  }

  /** Hears of nothing before {@link catchUp}. */
  turnSlow(): void {
    this.late = [];
  }

  catchUp(): void {
    const { late = [] } = this;
    this.late = undefined;
    for (const hear of late) hear();
  }

  /** Misses what others say, until {@link hearAgain}. */
  turnDeaf(): void {
    this.isDeaf = true;
  }

  hearAgain(): void {
    this.isDeaf = false;
    for (const listener of this.listeners) listener.missed();
  }

  health(): TierHealth {
    return { status: 'up', entries: this.map.records.size, bytes: 0, damaged: 0 };
  }

  close(): void {
    this.map.tiers.delete(this);
  }

  private look(key: string, options: TierClaimOptions): TierClaim | undefined {
    const { acceptStale, have, offer, freshMs = Infinity, after = 0 } = options;
    let record = this.map.records.get(key);
    const offered = record ? undefined : offer?.();
    if (offered && this.map.records.size === 0) {
      record = { ...offered, version: this.map.nextVersion() };
      this.map.records.set(key, record);
      return { kind: 'current', version: record.version ?? 0 };
    }
    if (!record || (record.version ?? Infinity) <= after) return undefined;
    const age = this.map.wall() - record.bornAt;
    // What came with times of its own is not cut.
    const fresh = record.keepMs === undefined ? Math.min(record.freshMs, freshMs) : record.freshMs;
    if (age >= fresh && !(acceptStale && age < usefulMs(record))) return undefined;
    return record.version === have
      ? { kind: 'current', version: record.version ?? 0 }
      : { kind: 'record', record };
  }

  private lead(key: string, known: readonly string[]): TierClaim {
    const version = this.map.nextVersion();
    const waiting: Flight['waiting'] = new Set();
    const flight: Flight = { version, leader: this, tags: known, waiting, fenced: false };
    this.map.flights.set(key, flight);
    let ended = false;
    const land = (claim: TierClaim | 'again') => {
      if (ended) throw new Error('the lease has ended before');
      ended = true;
      if (this.map.flights.get(key) === flight) this.map.flights.delete(key);
      for (const wake of flight.waiting) wake(claim);
    };
    const isInDoubt = () => this.isInDoubt;
    const lease = {
      version,
      get doubtful() {
        return isInDoubt();
      },
      publish: (record: TierRecord) => {
        const refused = flight.fenced || this.map.isVoid(record.tags, version);
        if (!refused) this.map.records.set(key, { ...record, version });
        land('again');
        return this.map.slow.then(() => (refused ? ('refused' as const) : version));
      },
      settle: (outcome: SharedOutcome, tags: readonly string[] = []) => {
        const refused = flight.fenced || this.map.isVoid(tags, version);
        // Others get an object of their own: nothing but bytes passes between processes.
        land(refused ? 'again' : { kind: 'outcome', outcome: asReceived(outcome), tags, version });
      },
      release: (reason: 'unshareable' | 'gave-up') => {
        land(reason === 'unshareable' ? { kind: 'alone' } : 'again');
      },
      ...(this.unawaited && { unawaited: this.unawaited }),
    };
    return { kind: 'lead', lease, stale: this.map.records.get(key) };
  }
}

function asReceived(outcome: SharedOutcome): SharedOutcome {
  return outcome.kind === 'value' ? { ...outcome, value: structuredClone(outcome.value) } : outcome;
}
