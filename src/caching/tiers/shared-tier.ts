import type { Invalidation } from '../kernel/invalidation.js';
import type { Tier, TierRecord } from './tier.js';

/** What a process wants of a key that others may hold, or be calling the backend for. */
export interface TierWish {
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
  /** Never rejects for a fault of its own, only with the reason of the wish's signal. */
  claim(key: string, wish: TierWish): Promise<TierClaim>;
  /** Tells the listener until the returned function is called. */
  listen(listener: SharedTierListener): () => void;
}
