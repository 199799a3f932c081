import {
  LONGEST_TIMER_MS,
  OptionReader,
  aSignal,
  anyMs,
  anyText,
  flag,
  numberFrom,
  patienceMs,
  rule,
  texts,
  wholeNumber,
} from '../../ground/index.js';
import type { CacheCoalescer } from './cache-context.js';
import type { EntryKey } from './cache-key.js';
import { CACHE_POLICY_OPTIONS } from './cache-policy.js';
import type { CachePolicy, CachePolicyOptions } from './cache-policy.js';
import { VALUE_FACTS } from './load-outcome.js';
import type { CacheLoader, ValueLifetime } from './load-outcome.js';

/**
 * What one caller may ask for. The policy members differ from the cache's policy for the value that
 * this call stores, if it does; callers of one key should agree on them.
 */
export interface LookUpOptions extends CachePolicyOptions {
  /** Releases this caller when it aborts, with the signal's reason; the others are unaffected. */
  readonly signal?: AbortSignal | undefined;
  /** How long this caller waits, in milliseconds, or `Infinity`. A stale value replaces the timeout if it may. */
  readonly timeoutMs?: number | undefined;
  /**
   * How long this caller waits for a load that another one leads, in milliseconds; then it gets
   * `CallerTimeoutError`, unless a stale value may replace that, and the next look-up starts one load beside
   * the one that hangs. @default as long as for its own
   */
  readonly waitMaxMs?: number | undefined;
  /** What the value can be invalidated by, beside what the loader says. */
  readonly tags?: readonly string[] | undefined;
  /**
   * What is stored does not answer this look-up, however fresh it is, before a load has confirmed it: the
   * loader gets it as `previous`. Joins the call that is under way, and is joined. While the pause after a
   * failed refresh lasts, and when the load fails, what is stored stands in for the error if it may.
   * @default false
   */
  readonly revalidate?: boolean | undefined;
  /**
   * Runs the flight of this key, if it has none under way: its bounds count, and values are shared as it
   * says. @default that of the caches
   */
  readonly coalescer?: CacheCoalescer | undefined;
  /**
   * What the value comes from, by its name or a function that tells it when it is wanted: caches with one
   * backend tell of its failures once, and not each for itself.
   * @default the cache's own
   */
  readonly backend?: string | (() => string) | undefined;
}

/** One look-up, as the cache carries it through its steps. */
export interface LookUp<T> {
  readonly key: EntryKey;
  readonly load: CacheLoader<T>;
  readonly policy: CachePolicy;
  readonly tags: readonly string[];
  readonly coalescer: CacheCoalescer;
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number | undefined;
  readonly waitMaxMs: number | undefined;
  readonly backend: LookUpOptions['backend'];
  /** Whether the caller gets how the value was served, or the value alone. */
  readonly wants: 'result' | 'value';
  /** Nothing that is stored may answer it unconfirmed. */
  readonly revalidate: boolean;
  /** Epoch in which it was made: nothing that was invalidated before that may answer it. */
  readonly epoch: number;
}

export const NO_TAGS: readonly string[] = Object.freeze([]);

/** A look-up that asks for what `options` say, and else runs in `coalescer`. */
export function lookUpOf<T>(
  asked: Pick<LookUp<T>, 'key' | 'load' | 'policy' | 'wants' | 'epoch'>,
  options: LookUpOptions,
  coalescer: CacheCoalescer,
): LookUp<T> {
  const { key, load, policy, wants, epoch } = asked;
  const { tags = NO_TAGS, signal, timeoutMs, waitMaxMs, backend, revalidate = false } = options;
  return {
    key,
    load,
    policy,
    tags,
    coalescer: options.coalescer ?? coalescer,
    signal,
    timeoutMs,
    waitMaxMs,
    backend,
    wants,
    revalidate,
    epoch,
  };
}

/** A moment in the life of the caches of one `CachingService`, taken by its `moment()`. */
export class CacheMoment {
  /** @internal */
  constructor(
    /** @internal What was invalidated after this is newer. */
    readonly epoch: number,
    /** @internal Flights beyond this began later. */
    readonly flight: number,
    /** @internal Monotonic milliseconds. */
    readonly at: number,
  ) {}
}

/** What is said about a value that is put into the cache. */
export interface SetOptions extends CachePolicyOptions {
  /** What it can be invalidated by, beside its key. */
  readonly tags?: readonly string[] | undefined;
  /** Its entity tag. */
  readonly etag?: string | undefined;
  /** Its age, in milliseconds; below 0 as 0. @default 0 */
  readonly ageMs?: number | undefined;
  /**
   * When you asked its source for it, by `moment()`. It is then kept as a loader's value would be: not
   * if it was invalidated, or something newer was stored, since. Its age counts from there.
   * @default none: the value is the newest there is, and ends whatever was under way
   */
  readonly asOf?: CacheMoment | undefined;
  /** It lives by these times, and not by a policy, as a loader's value that says so. @default by the policy */
  readonly lifetime?: ValueLifetime | undefined;
  /**
   * The value is still arriving: it is served from memory at once, and the tiers below get it when this is
   * fulfilled with its size in bytes, as `ValueFacts.completed` says. @default none: it is whole
   */
  readonly completed?: PromiseLike<number> | undefined;
  /** It stays in this process, as `ValueFacts.local` says. @default false */
  readonly local?: boolean | undefined;
  /** Fulfilled when it turns out to be {@link local} while it arrives, as `ValueFacts.confined` says. */
  readonly confined?: PromiseLike<unknown> | undefined;
  /** The memory it takes, in bytes. Estimated where it is left out. */
  readonly sizeBytes?: number | undefined;
  /** The coalescer of this key's look-ups, where they name one: the value is shared as there. */
  readonly coalescer?: CacheCoalescer | undefined;
}

/** What runs the flights of caches. */
export const aCoalescer = rule(
  'a coalescer, as CoalescingService.coalescer() or createCoalescer() gives it',
  (value) => {
    const { join, runAlone } = Object(value) as Partial<Record<string, unknown>>;
    return typeof join === 'function' && typeof runAlone === 'function';
  },
);

export const LOOK_UP_OPTIONS = new OptionReader<LookUpOptions>(
  {
    ...CACHE_POLICY_OPTIONS.rules,
    signal: aSignal,
    timeoutMs: patienceMs(),
    waitMaxMs: wholeNumber(1, LONGEST_TIMER_MS),
    tags: texts,
    revalidate: flag,
    coalescer: aCoalescer,
    backend: rule(
      'text, or a function that gives it',
      (value) => typeof value === 'string' || typeof value === 'function',
    ),
  },
  CACHE_POLICY_OPTIONS.relations,
);

export const SET_OPTIONS = new OptionReader<SetOptions>(
  {
    ...CACHE_POLICY_OPTIONS.rules,
    tags: texts,
    etag: anyText,
    ageMs: anyMs(),
    lifetime: VALUE_FACTS.rules.lifetime,
    asOf: rule('a moment, as moment() gives it', (value) => value instanceof CacheMoment),
    completed: VALUE_FACTS.rules.completed,
    local: VALUE_FACTS.rules.local,
    confined: VALUE_FACTS.rules.confined,
    sizeBytes: numberFrom(0),
    coalescer: aCoalescer,
  },
  CACHE_POLICY_OPTIONS.relations,
);
