/** One cached value as a tier below memory keeps it: bytes, and the times that decide its freshness. */
export interface TierRecord {
  /** Unambiguous key, the cache's name included. */
  readonly key: string;
  /** When the backend gave the value, in milliseconds since the Unix epoch. Never re-stamped. */
  readonly bornAt: number;
  /** Age up to which it is fresh, in milliseconds. */
  readonly freshMs: number;
  /** Total age up to which it may be served while it is refreshed, in milliseconds. */
  readonly staleMs: number;
  /** Total age up to which it may replace an error, in milliseconds. */
  readonly staleIfErrorMs: number;
  readonly tags: readonly string[];
  readonly etag?: string;
  /** Which write of the shared tier it is, where there is one: grows with every write of the key. */
  readonly version?: number;
  /** The value, encoded. */
  readonly payload: Uint8Array;
}

/** How a tier is doing, for health and metrics. */
export interface TierHealth {
  /** `degraded`: it answers every look-up with a miss and stores nothing, until it recovers. */
  readonly status: 'up' | 'degraded';
  /** Absent where the tier is not this machine's to count. */
  readonly entries?: number;
  readonly bytes?: number;
  /** Records that were unreadable, and therefore misses. */
  readonly damaged: number;
  /** Why it is degraded, for the log; says nothing secret. */
  readonly reason?: string;
}

/**
 * A store below memory. It never throws and never rejects for a fault of its own: a look-up that
 * fails is a miss, a write that fails is dropped, and both show in {@link Tier.health}.
 */
export interface Tier {
  /** In metrics and `Cache-Status`: `disk`, `shared`. */
  readonly name: string;
  get(key: string): Promise<TierRecord | undefined> | TierRecord | undefined;
  set(record: TierRecord): Promise<void> | void;
  /** Drops the record of `key`. A promise, if it is one, ends when that is done; `false` says that it was not. */
  delete(key: string): unknown;
  /** Drops every record that has the tag, as {@link Tier.delete}. */
  deleteTag(tag: string): unknown;
  /**
   * Drops every record whose key begins with `prefix`, as {@link Tier.delete}: a cache's name with its colon, which is the first
   * colon of the key. The empty prefix drops all.
   */
  deletePrefix(prefix: string): unknown;
  health(): TierHealth;
  close(): Promise<void> | void;
}
