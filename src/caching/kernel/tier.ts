import type { Invalidation } from './epochs.js';
import { outdatedAt } from './freshness.js';

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
  /**
   * How much longer it is kept when there is nothing left that it may be served for, in milliseconds: to be
   * validated. Absent where the times are those of somebody's policy: then a reader with shorter ones takes
   * his own. A tier gives back 0 as 0, and nothing as nothing.
   */
  readonly keepMs?: number;
  readonly tags: readonly string[];
  readonly etag?: string;
  /** Which write of the shared tier it is, where there is one: grows with every write of the key. */
  readonly version?: number;
  /** Its freshness was ended before its time; the times are those that are left. A tier gives it back. */
  readonly outdated?: boolean;
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
  /** What it may hold; absent where it has no such bound, or does not tell. */
  readonly maxEntries?: number;
  readonly maxBytes?: number;
  /** Entries that had to go to make room, since the start; absent where that is not counted. */
  readonly evictions?: number;
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
  /**
   * Ends the freshness of what {@link Tier.delete}, {@link Tier.deleteTag} or {@link Tier.deletePrefix} would
   * drop, as of `wall` (milliseconds since the Unix epoch): {@link outdatedRecord} says what becomes of each.
   * Ends as they do. Where a tier has no such method, that is dropped instead.
   */
  outdate?(how: Drop, what: string, wall: number): unknown;
  health(): TierHealth;
  close(): Promise<void> | void;
}

/** How a tier drops a key, what has a tag, or what begins with a prefix. */
export type Drop = 'delete' | 'deleteTag' | 'deletePrefix';

/** A record whose freshness has ended at `wall`, if it was born before that; as it is, where it was stale by then. */
export function outdatedRecord(record: TierRecord, wall: number): TierRecord {
  if (record.bornAt > wall) return record;
  return { ...record, ...outdatedAt(record, wall - record.bornAt), outdated: true };
}

/** What a process wants of a key that others may hold, or be calling the backend for. */
export interface TierClaimOptions {
  /** A value that is not fresh any more will do; where there is one, nobody waits. */
  readonly acceptStale: boolean;
  /** Age up to which this process takes a value for fresh, in milliseconds, if that is less than the value's own. */
  readonly freshMs?: number | undefined;
  /** {@link TierRecord.version} of what this process holds, so that it need not be sent again. */
  readonly have?: number | undefined;
  /** Nothing with a version up to this will do, nor the flight that would bring it. */
  readonly after?: number | undefined;
  /** What this process has and is still fresh, for a tier that has lost all it held. */
  readonly offer?: (() => TierRecord | undefined) | undefined;
  /** What the value will carry, as far as known: an invalidation of it ends a flight under way. */
  readonly tags: readonly string[];
  /** Ends the wait, with its reason. */
  readonly signal: AbortSignal;
  /** When the flight is over in any case, in milliseconds on the monotonic clock. */
  readonly deadline?: number | undefined;
}

/** What a call came to that leaves nothing to keep. */
export type SharedOutcome =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'error'; readonly error: unknown };

/** The right to call the backend for a key, in place of every other process. One of its methods is called, once. */
export interface TierLease {
  /** {@link TierRecord.version} of what is published by it. */
  readonly version: number;
  /** Whether another process may have the right by now, so that nothing is certain before it is stored. */
  readonly doubtful?: boolean;
  /**
   * Stores what the call brought; its version. `undefined` where it could not be kept, `refused` where
   * somebody else has the right or it was invalidated: then it is not to be kept anywhere.
   */
  publish(record: TierRecord): Promise<number | 'refused' | undefined>;
  /** For those who wait, and for nobody later; for nobody, if one of its tags was invalidated meanwhile. */
  settle(outcome: SharedOutcome, tags?: readonly string[]): void;
  /** Nothing for anybody: the others make calls of their own (`unshareable`), or one of them leads. */
  release(reason: 'unshareable' | 'gave-up'): void;
  /**
   * Resolves when no other process waits for it, and never rejects; may be called at any time, again as well.
   * A call that nobody here waits for any more goes on until then. @default it ends at once
   */
  unawaited?(): Promise<unknown>;
}

/** How a claim ends. */
export type TierClaim =
  | { readonly kind: 'record'; readonly record: TierRecord }
  /** What the process has is still the newest; its age is known to itself. */
  | { readonly kind: 'current'; readonly version: number }
  | {
      readonly kind: 'outcome';
      readonly outcome: SharedOutcome;
      /** What it could be invalidated by. */
      readonly tags: readonly string[];
      /** {@link TierLease.version} of the flight that it came of. */
      readonly version?: number | undefined;
    }
  | { readonly kind: 'lead'; readonly lease: TierLease; readonly stale?: TierRecord | undefined }
  /** The others cannot be reached, or cannot help: this process is on its own. */
  | { readonly kind: 'alone' };

/** What the tier says of an invalidation. */
export interface InvalidationFacts {
  /** What has a smaller version is void by it, and nothing else. */
  readonly version: number;
  /** Whether this process has made it, and the tier took it at once: it holds here already. */
  readonly own: boolean;
}

/** Hears what other processes do to the tier. */
export interface SharedTierListener {
  /** Something was invalidated. */
  invalidated(invalidation: Invalidation, facts: InvalidationFacts): void;
  /** Invalidations may have been missed until now. */
  missed(): void;
  /**
   * Whether invalidations arrive. While they do not, the tier is asked before each use of what memory
   * holds. @default they do
   */
  hears?(all: boolean): void;
}

/**
 * A tier that several processes share, and that decides which of them calls the backend: look-up and
 * right to call are one step. What the cluster implements.
 */
export interface SharedTier extends Tier {
  /** Resolves to whether all processes have it; the tier repeats what it could not tell them. */
  delete(key: string): Promise<boolean>;
  /** As {@link delete}. */
  deleteTag(tag: string): Promise<boolean>;
  /** As {@link delete}. */
  deletePrefix(prefix: string): Promise<boolean>;
  /** As {@link delete}: all processes hear of it as of a soft invalidation. */
  outdate?(how: Drop, what: string, wall: number): Promise<boolean>;
  /** Never rejects for a fault of its own, only with the reason of the options' signal. */
  claim(key: string, options: TierClaimOptions): Promise<TierClaim>;
  /** Tells the listener until the returned function is called. */
  listen(listener: SharedTierListener): () => void;
}

/** Turns values into bytes for the tiers below memory, and back. */
export interface ValueCodec {
  encode(value: unknown): Uint8Array;
  /** May throw on bytes that are not its own: the look-up is then a miss. */
  decode(bytes: Uint8Array): unknown;
}
