import type { AloneReason, LeaseCounters } from './lease-telemetry.js';

/** A stored value as every process of the cluster sees it. */
export interface SharedValue {
  /** Which write this is: grows with every write of the key, whoever made it. */
  readonly token: number;
  /** Milliseconds since the backend gave it, by the store's clock. */
  readonly ageMs: number;
  /** Age up to which it is fresh, in milliseconds. */
  readonly freshMs: number;
  /** Age up to which the store keeps it for any use, in milliseconds. */
  readonly keepMs: number;
  /** {@link PublishOptions.uncut} */
  readonly uncut?: boolean;
  /** What it can be invalidated by. */
  readonly tags: readonly string[];
  /** What was published; absent where the claimant said that it has this very token. */
  readonly payload?: Buffer;
}

/** What a process wants of a key. */
export interface ClaimRequest extends NamedKey {
  /** A stale value will do: the claim is not led or waited for if there is one. @default false */
  readonly acceptStale?: boolean;
  /**
   * Age up to which the claimant takes a value for fresh, in milliseconds; the smaller of this and what it
   * was published with counts, unless it was published uncut. @default what it was published with
   */
  readonly freshMs?: number;
  /** Nothing is stored under this key: flights are shared, values are not kept. @default false */
  readonly flightOnly?: boolean;
  /** Token of the value that the claimant holds, so that its bytes need not be sent again. */
  readonly haveToken?: number;
  /** Nothing with a token up to this will do, nor the flight that would bring it. @default 0 */
  readonly after?: number;
  /** What a value of the key will carry, as far as known: an invalidation of it ends the flight. @default none */
  readonly tags?: readonly string[];
  /** Ends the wait; the claim rejects with its reason. */
  readonly signal?: AbortSignal;
  /** Longest time the flight may take, in milliseconds: how long a lease is kept alive at most. */
  readonly flightTimeoutMs: number;
}

/** How a claim ends. `stale` is what the store still has, for use in place of an error. */
export type Claim =
  /** Somebody has published it. `fresh` says whether it still is. */
  | { readonly kind: 'value'; readonly fresh: boolean; readonly value: SharedValue }
  /** The flight that was waited for ended without anything to keep: its outcome, for those who waited. */
  | {
      readonly kind: 'outcome';
      readonly payload: Buffer;
      /** {@link Lease.token} of that flight. */
      readonly token: number;
      /** What it could be invalidated by; it was not, up to now. */
      readonly tags: readonly string[];
      readonly stale?: SharedValue;
    }
  /** This process calls the backend, and says by the lease what came of it. */
  | { readonly kind: 'lead'; readonly lease: Lease; readonly stale?: SharedValue }
  /** Each process is on its own: the store is away, or the key's answers cannot be shared. */
  | { readonly kind: 'alone'; readonly reason: AloneReason; readonly stale?: SharedValue };

/** What is said of a value when it is published. */
export interface PublishOptions {
  /** Age up to which it is fresh, in milliseconds. */
  readonly freshMs: number;
  /** Age up to which the store keeps it for any use, in milliseconds; cut to `maxKeepMs`. */
  readonly keepMs: number;
  /** Milliseconds since the backend gave it. @default 0 */
  readonly ageMs?: number;
  /** Its `freshMs` holds for every claimant, whatever that says itself. @default false */
  readonly uncut?: boolean;
  /** What it can be invalidated by. @default none */
  readonly tags?: readonly string[];
}

/** A key, and the name under which it can be purged together with others. */
export interface NamedKey {
  /** Unambiguous key, name of coalescer or cache included. */
  readonly key: string;
  /** Costs no store command. @default none */
  readonly name?: string;
}

/**
 * The cluster-wide right to lead one key. One of its methods is called, once, when the call has ended;
 * calls after the first do nothing. Nobody has to wait for them: none rejects.
 */
export interface Lease {
  /** Number of this leadership; larger than those before it. */
  readonly token: number;
  /** Whether another process has been given the key meanwhile, or it was invalidated, as far as known. */
  readonly lost: boolean;
  /**
   * Whether that may be so: it is, or there was no sign of life within the time of a lease, as after a
   * process stood still. What the store says to its result then decides.
   */
  readonly doubtful: boolean;
  /**
   * Stores the value and wakes those who wait; kept trying while the store is away, until the value
   * would be of no use. @returns whether the store took it, by its token; a lead whose value was refused
   * is {@link lost}
   */
  publish(payload: Uint8Array, options: PublishOptions): Promise<number | undefined>;
  /**
   * An outcome that is not to be kept, for those who wait for this flight and nobody later. One whose
   * tags were invalidated since the lead began is for nobody: they have it fetched anew.
   */
  settle(payload: Uint8Array, tags?: readonly string[]): Promise<void>;
  /** Nothing that others may see: they call for themselves, at once, and for `passMs` without waiting. */
  release(reason: 'unshareable' | 'gave-up', passMs?: number): Promise<void>;
  /**
   * Resolves when no other process waits for what this one leads, as far as they say, or the lead is over.
   * Ends nothing, and may be called again.
   */
  unawaited(): Promise<void>;
}

/** What is void, and from when on. */
export type Void =
  /** One key: values and flights with a smaller token. Also of a value that was put there. */
  | { readonly kind: 'key'; readonly key: string; readonly token: number }
  /** Everything that carries the tag and has no larger token. */
  | { readonly kind: 'tag'; readonly tag: string; readonly token: number }
  /** Everything that was claimed under the name with a smaller token. */
  | { readonly kind: 'name'; readonly name: string; readonly token: number }
  /** Everything with a smaller token. */
  | { readonly kind: 'all'; readonly token: number };

/** What is void from now on, whichever process said so. */
export type Invalidation =
  | (Void & {
      /** Whether this process has said so, and the store took it at once. */
      readonly own: boolean;
    })
  /** Messages may have been missed: what is held is to be claimed again, by `haveToken`, before use. */
  | { readonly kind: 'gap' };

/** Who of a cluster calls the backend for a key, and what the others get instead. */
export interface Leases {
  /** Looks the key up, leads it or waits for whoever leads it: whatever comes first. */
  claim(request: ClaimRequest): Promise<Claim>;
  /** The value that the store has of a key, fresh or stale; nothing is led, nobody is waited for. */
  peek(wish: Peek): Promise<SharedValue | undefined>;
  /**
   * Stores a value that no flight has fetched: it is newer than what flights under way will bring.
   * @returns its token, if the store took it
   */
  put(of: NamedKey, payload: Uint8Array, options: PublishOptions): Promise<number | undefined>;
  /**
   * Drops the key's value and fences the flight under way. Resolves to whether the store took it; what
   * it did not take is repeated until it has, or nothing can be left that is void by it.
   */
  invalidate(key: string, name?: string): Promise<boolean>;
  /** {@link invalidate} for a key under which nothing is kept: tried once. */
  forget(key: string, name?: string): Promise<boolean>;
  /** Voids all values that carry the tag, and those being fetched, which are fetched anew. As {@link invalidate}. */
  invalidateTag(tag: string): Promise<boolean>;
  /** Voids everything that was claimed under the name. As {@link invalidate}. */
  invalidateName(name: string): Promise<boolean>;
  /** Voids everything. As {@link invalidate}. */
  invalidateAll(): Promise<boolean>;
  /** Hears of every invalidation, this process's own included, until the returned function is called. */
  onInvalidation(listener: (invalidation: Invalidation) => void): () => void;
  /**
   * Hears, at once and with each change, whether what this process holds is certain: invalidations
   * reach it, or there is no store to ask. Otherwise it is to be claimed again, by `haveToken`, before
   * each use. Until the returned function is called.
   */
  onTrust(listener: (trusted: boolean) => void): () => void;
  /**
   * Stores a value that this process has and the store has lost, if nobody is ahead of it.
   * @returns its new token, if the store took it
   */
  offer(offer: OfferedValue): Promise<number | undefined>;
  /**
   * The moment up to which what carries one of the tags is void, in microseconds of the store's time, where
   * that is later than `token`; else 0. Rejects as the store does, which is asked only where this process may
   * not have heard.
   */
  voiding(tags: readonly string[], token: number): Promise<number>;
  counters(): LeaseCounters;
}

/** What is looked for by those who only look. */
export interface Peek extends NamedKey {
  /** Token of the value that is held already, so that its bytes need not be sent again. */
  readonly haveToken?: number;
}

/** A value that a process holds and believes the store to have lost. */
export interface OfferedValue extends NamedKey, Omit<SharedValue, 'payload'> {
  readonly payload: Uint8Array;
}
