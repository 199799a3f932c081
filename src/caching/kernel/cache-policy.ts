import {
  InvalidOptionError,
  OptionReader,
  callback,
  group,
  lifetimeMs,
  numberFrom,
  objectWith,
  text,
  timerMs,
  wholeNumber,
} from '../../ground/index.js';
import type { BackoffBounds } from './refresh-backoff.js';
import type { ValueCodec } from './tier.js';

/**
 * How long values live and what is done with them when they are stale. Given for a cache, and for
 * single calls where they differ; a value lives by the policy under which it was stored. All times are
 * milliseconds and are counted from the birth of the value at the backend.
 */
export interface CachePolicyOptions {
  /** Age up to which a value is served without asking. @default 10_000 */
  readonly freshMs?: number | undefined;
  /**
   * Total age up to which a stale value may be served while it is refreshed, freshness included: a value
   * that is fresh for 10 s and may then be stale for another 20 s has 30_000. 0, or `freshMs` itself, means
   * never; what lies between them is refused.
   * @default 60_000
   */
  readonly staleMs?: number | undefined;
  /**
   * Total age up to which a stale value replaces an error, a timeout or an open circuit; 0, or `freshMs`
   * itself, means never, and what lies between them is refused.
   * @default staleMs
   */
  readonly staleIfErrorMs?: number | undefined;
  /**
   * How long a caller with a stale value in hand waits for a fresh one.
   * @default 0, which serves the stale value at once
   */
  readonly softTimeoutMs?: number | undefined;
  /**
   * Fraction by which freshness is shortened at random, so that keys born together do not expire
   * together.
   * @default 0.1
   */
  readonly jitter?: number | undefined;
  /**
   * Refreshes fresh values by chance before they expire, the busier and slower keys the earlier
   * (XFetch); the number is its beta, 1 is a good one.
   * @default 0, which is off
   */
  readonly earlyRefresh?: number | undefined;
  /**
   * Bounds of the pause after a failed refresh, which doubles from failure to failure and is shared by
   * all callers. An error that has `retryAfterMs` sets it, within them.
   * @default { minMs: 1_000, maxMs: 30_000 }
   */
  readonly refreshBackoff?: Partial<BackoffBounds> | undefined;
  /** How long a "not there" (404, 410) is kept. @default 0, which shares it and keeps nothing */
  readonly negativeMs?: number | undefined;
  /**
   * How long the callers of a key whose value was its leader's alone make their own calls in parallel.
   * @default 30_000
   */
  readonly passMs?: number | undefined;
  /** What is larger is shared by the callers of its flight and not kept. @default 4_194_304 (4 MiB) */
  readonly maxEntryBytes?: number | undefined;
  /**
   * Whether a value may be kept. Asked once for each value the loader returns without a verdict of its
   * own; its parameter may have the type of the cache's values.
   * @default every value
   */
  readonly cacheable?: ((value: never) => boolean) | undefined;
}

/** What a cache may be made with: a policy, and how its values become bytes. */
export interface CacheOptions extends CachePolicyOptions {
  /**
   * How its values become bytes for the tiers below memory and for other processes.
   * @default that of all caches
   */
  readonly codec?: ValueCodec | undefined;
  /**
   * On whose behalf it is asked, where one request may look up several of its keys: such as a rule of the
   * gateway. It is counted under that name together with the owner's other caches, and what was saved is the
   * owner's to tell.
   * @default nobody: it is counted under its own name
   */
  readonly owner?: string | undefined;
}

/** {@link CachePolicyOptions} with every default applied, checked and frozen. */
export type CachePolicy = Readonly<
  Required<Omit<CachePolicyOptions, 'refreshBackoff' | 'cacheable'>> & {
    refreshBackoff: BackoffBounds;
    cacheable: (value: unknown) => boolean;
  }
>;

export const BACKOFF_BOUNDS = new OptionReader<Partial<BackoffBounds>>(
  { minMs: timerMs(1), maxMs: timerMs(1) },
  ({ minMs, maxMs }, path) => {
    if (minMs === undefined || maxMs === undefined || maxMs >= minMs) return;
    throw new InvalidOptionError(`${path}.maxMs`, maxMs, `a number ≥ minMs (${minMs})`);
  },
);

/** Reads what is the policy of a cache, or has one in it. */
export const CACHE_POLICY_OPTIONS = new OptionReader<CachePolicyOptions>(
  {
    freshMs: lifetimeMs(),
    staleMs: lifetimeMs(),
    staleIfErrorMs: lifetimeMs(),
    softTimeoutMs: timerMs(0),
    jitter: numberFrom(0, 1),
    earlyRefresh: numberFrom(0),
    refreshBackoff: group(BACKOFF_BOUNDS),
    negativeMs: lifetimeMs(),
    passMs: lifetimeMs(),
    maxEntryBytes: wholeNumber(0),
    cacheable: callback,
  },
  relateLifetimes,
);

/** Reads what a cache is made with. */
export const CACHE_OPTIONS = new OptionReader<CacheOptions>(
  { ...CACHE_POLICY_OPTIONS.rules, codec: objectWith('encode', 'decode'), owner: text },
  CACHE_POLICY_OPTIONS.relations,
);

/** Ages that count from birth, as freshness does. */
const STALE_AGES = ['staleMs', 'staleIfErrorMs'] as const;

const NAMES = Object.keys(CACHE_POLICY_OPTIONS.rules) as readonly (keyof CachePolicyOptions)[];

/** The policy where nothing is said. */
export const DEFAULT_CACHE_POLICY: CachePolicy = Object.freeze({
  freshMs: 10_000,
  staleMs: 60_000,
  staleIfErrorMs: 60_000,
  softTimeoutMs: 0,
  jitter: 0.1,
  earlyRefresh: 0,
  refreshBackoff: Object.freeze({ minMs: 1_000, maxMs: 30_000 }),
  negativeMs: 0,
  passMs: 30_000,
  maxEntryBytes: 4 * 1024 * 1024,
  cacheable: () => true,
});

/**
 * Applies `base` where `options` say nothing, checks and freezes. An `undefined` option counts as
 * absent; `staleIfErrorMs` follows a `staleMs` that is given without it.
 *
 * @param path where the options stand in what the user wrote; quoted in errors
 * @throws {@link InvalidOptionError}
 */
export function resolveCachePolicy(
  options: CachePolicyOptions,
  path: string,
  base: CachePolicy = DEFAULT_CACHE_POLICY,
): CachePolicy {
  CACHE_POLICY_OPTIONS.check(options, path);
  relateLifetimes({ ...options, freshMs: options.freshMs ?? base.freshMs }, path);
  return policyAmong(options, base);
}

/**
 * {@link resolveCachePolicy} of options that are checked, and that may be more than a policy.
 *
 * @returns `base` itself where they say nothing else
 */
export function policyAmong(options: CachePolicyOptions, base: CachePolicy): CachePolicy {
  // Most calls say nothing of it.
  if (!NAMES.some((name) => options[name] !== undefined)) return base;
  const given = NAMES.filter((name) => options[name] !== undefined);
  const { refreshBackoff, staleMs, staleIfErrorMs = staleMs } = options;
  return Object.freeze({
    ...base,
    ...(Object.fromEntries(given.map((name) => [name, options[name]])) as Partial<CachePolicy>),
    staleIfErrorMs: staleIfErrorMs ?? base.staleIfErrorMs,
    refreshBackoff: resolveBackoff(refreshBackoff, base.refreshBackoff),
  });
}

/** An age that ends before freshness does is never reached by what is stale: it was meant to begin there. */
export function relateLifetimes(
  options: Pick<CachePolicyOptions, 'freshMs' | 'staleMs' | 'staleIfErrorMs'>,
  path: string,
): void {
  const { freshMs = 0 } = options;
  for (const name of STALE_AGES) {
    const { [name]: ms = 0 } = options;
    if (ms === 0 || ms >= freshMs) continue;
    const expected = `0, which is never, or at least freshMs (${freshMs}): it counts from the birth of a value`;
    throw new InvalidOptionError(
      `${path}.${name}`,
      ms,
      `${expected}, not from the end of its freshness`,
    );
  }
}

/** Of bounds that are checked. One that is given alone moves the other one where it has to. */
function resolveBackoff(
  options: Partial<BackoffBounds> | undefined,
  base: BackoffBounds,
): BackoffBounds {
  if (options === undefined) return base;
  const { minMs = Math.min(base.minMs, options.maxMs ?? Infinity) } = options;
  const { maxMs = Math.max(base.maxMs, minMs) } = options;
  return Object.freeze({ minMs, maxMs });
}

/** Whether two policies say the same. */
export function isSamePolicy(a: CachePolicy, b: CachePolicy): boolean {
  return Object.entries(a).every(([name, value]) => {
    if (name !== 'refreshBackoff') return value === b[name as keyof CachePolicy];
    const { minMs, maxMs } = b.refreshBackoff;
    return a.refreshBackoff.minMs === minMs && a.refreshBackoff.maxMs === maxMs;
  });
}

/** Policies of single calls: what the call says, and for the rest what the cache says. */
export class CallPolicies {
  /** Options that cannot change are checked once. */
  private readonly resolved = new WeakMap<object, CachePolicy>();

  constructor(private readonly base: CachePolicy) {}

  /**
   * @param reader of such options
   * @throws InvalidOptionError
   */
  of<Options extends CachePolicyOptions>(
    options: Options,
    reader: OptionReader<Options>,
  ): CachePolicy {
    const known = this.resolved.get(options);
    if (known) return known;
    reader.check(options, 'options');
    const policy = policyAmong(options, this.base);
    if (Object.isFrozen(options)) this.resolved.set(options, policy);
    return policy;
  }
}
