import {
  InvalidOptionError,
  OptionReader,
  callback,
  group,
  lifetimeMs,
  numberFrom,
  timerMs,
  wholeNumber,
} from '../../ground/index.js';
import type { CachePolicy, CachePolicyOptions } from './cache-policy.interface.js';
import type { BackoffBounds } from './refresh-backoff.js';

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
  const given = NAMES.filter((name) => options[name] !== undefined);
  if (given.length === 0) return base;
  const { refreshBackoff, staleMs, staleIfErrorMs = staleMs } = options;
  return Object.freeze({
    ...base,
    ...(Object.fromEntries(given.map((name) => [name, options[name]])) as Partial<CachePolicy>),
    staleIfErrorMs: staleIfErrorMs ?? base.staleIfErrorMs,
    refreshBackoff: resolveBackoff(refreshBackoff, base.refreshBackoff),
  });
}

/** An age that ends before freshness does is never reached by what is stale: it was meant to begin there. */
function relateLifetimes(options: CachePolicyOptions, path: string): void {
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
