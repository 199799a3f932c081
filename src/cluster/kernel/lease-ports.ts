import type { LogEvent, Runtime } from '../../ground/index.js';
import type { Unscripted } from './bus-message.js';
import type { LeaseSettings } from './lease-settings.js';
import type { LeaseTelemetry } from './lease-telemetry.js';
import type { SharedValue } from './leases.js';

/** What the protocol needs from the world around it. */
export interface LeaseEnvironment extends Runtime {
  readonly store: LeaseStore;
  /** An identifier that no other process has: letters, digits, dashes and underscores. */
  readonly newId: () => string;
  /** For what an operator has to know of. @default nobody is told */
  readonly log?: LeaseLog | undefined;
  readonly settings: LeaseSettings;
  readonly telemetry: LeaseTelemetry;
}

/** Lines of the log. */
export interface LeaseLog {
  warn(line: LogEvent): void;
  log(line: LogEvent): void;
}

/** What a claim tells the store. */
export interface ClaimArguments {
  readonly nonce: string;
  /** How long the fence is kept, in milliseconds. */
  readonly fenceMs: number;
  /** Takes nothing over. */
  readonly peek: boolean;
  /** A stale value will do. */
  readonly acceptStale: boolean;
  /** A leader that the store has forgotten is to be given a chance. */
  readonly hold: boolean;
  /** Token of the value that the claimant has, or 0. */
  readonly haveToken: number;
  /** Instance that is dead, or nothing. */
  readonly dead: string;
  /** Token of the flight that was joined, or 0. */
  readonly joined: number;
  /** Token up to which everything is void. */
  readonly floor: number;
  /** Age up to which the claimant takes a value for fresh. @default whatever it was published with */
  readonly freshMs?: number | undefined;
}

/** Looks, and takes nothing over but what is its own already. */
export const PEEK = {
  peek: true,
  acceptStale: false,
  hold: false,
  haveToken: 0,
  dead: '',
  joined: 0,
  floor: 0,
} as const;

/** What the store says to a claim. */
export type ClaimReply =
  | { readonly kind: 'value'; readonly value: SharedValue }
  | {
      readonly kind: 'outcome';
      /** That of the flight it came of. */
      readonly token: number;
      readonly tags: readonly string[];
      readonly payload: Buffer;
      readonly stale?: SharedValue;
    }
  | { readonly kind: 'unshared'; readonly stale?: SharedValue }
  | {
      readonly kind: 'led';
      readonly token: number;
      readonly owner: string;
      readonly leftMs: number;
    }
  /** There is a value, and its bytes are damaged. */
  | { readonly kind: 'damaged'; readonly token: number }
  /** There is nothing, and a peek takes nothing over. */
  | { readonly kind: 'nothing' }
  /** There is no trace of the flight that was joined. */
  | { readonly kind: 'forgotten' }
  | {
      readonly kind: 'lead';
      readonly token: number;
      /** Whether a dead process's lease was broken. */
      readonly broken: boolean;
      readonly stale?: SharedValue;
    };

/** A lease as the store knows it. */
export interface LeaseIdentity {
  readonly hash: string;
  /** `token:instance:nonce`: not even a store that repeats a token after a failover repeats this. */
  readonly identity: string;
  readonly fenceMs: number;
}

/** What is written of a value. */
export type ValueFacts = Pick<SharedValue, 'token' | 'freshMs' | 'keepMs' | 'uncut'> & {
  readonly tags?: readonly string[];
};

/** The purge epochs as the store has them. */
export interface StoredEpochs {
  /** As they are written, or nothing where nobody has said any. */
  readonly list: string;
  /** Whether the store had none. */
  readonly missing: boolean;
  /** The store's time, in microseconds, as tokens are. */
  readonly at: number;
}

/**
 * The store as the protocol sees it: every command of it, each one atomic. All of them reject as
 * `storeFailure` tells apart.
 */
export interface LeaseStore {
  /** Whether commands are answered; while not, each fails at once. */
  readonly ready: boolean;
  /** Name of this process in the cluster. */
  readonly instance: string;

  /** What a key is called in the store. */
  hashOf(prefix: string, key: string): string;
  claim(hash: string, claim: ClaimArguments): Promise<ClaimReply>;
  extend(lease: LeaseIdentity): Promise<'extended' | 'reasserted' | 'lost'>;
  /** @returns whether the key was still the flight's */
  publish(lease: LeaseIdentity, value: Uint8Array, keepMs: number): Promise<boolean>;
  /** @returns whether the key was still the flight's */
  settle(lease: LeaseIdentity, outcome: Uint8Array): Promise<boolean>;
  /** @returns whether the key was still the flight's */
  release(lease: LeaseIdentity, passMs: number): Promise<boolean>;
  /**
   * Says something of a flight to all: whoever leads it is to say so to the store (`assert`), whoever waits
   * for it is to say so (`deserted`), or does (`awaited`).
   */
  say(kind: Unscripted, hash: string, token: number): Promise<unknown>;
  /** @returns the token up to which everything of the key is void */
  invalidate(hash: string, key: string, fenceMs: number): Promise<number>;
  /** @returns the value's token */
  put(
    of: Readonly<Record<'hash' | 'key', string>> & { readonly fenceMs: number },
    value: Uint8Array,
    keepMs: number,
  ): Promise<number>;
  /** @returns the value's token, or 0 where somebody was ahead */
  offer(hash: string, value: Uint8Array, keepMs: number, least: number): Promise<number>;
  /** A value as it lies in the store; the caller may use its memory again. */
  encodeValue(payload: Uint8Array, facts: ValueFacts): Uint8Array;
  /** An outcome as it lies in the store; the caller may use its memory again. */
  encodeOutcome(payload: Uint8Array, tags: readonly string[]): Uint8Array;

  /** Voids what carries the tag. @returns the tag's fence */
  fenceTag(tag: string): Promise<number>;
  /** The tag's fence, or 0. */
  tagFence(tag: string): Promise<number>;

  /**
   * Reads the epochs (`r`), begins them where there are none (`b`), or purges a name (`p`).
   *
   * @param known as they are known, or nothing
   * @param bound largest number of names; beyond it a purge of a name purges everything
   */
  epochs(mode: 'r' | 'b' | 'p', known: string, bound: number, name: string): Promise<StoredEpochs>;
  readEpochs(list: string): Iterable<readonly [name: string, epoch: number]>;
  writeEpochs(epochs: Iterable<readonly [name: string, epoch: number]>): string;

  /** The instances that listen, as far as the store tells. */
  members(): Promise<string[]>;

  /** How many listen on the channel of each instance, in the order asked. */
  listeners(instances: readonly string[]): Promise<number[]>;
}
