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

export const BACKOFF_BOUNDS = new OptionReader<Partial<BackoffBounds>>({
  minMs: timerMs(1),
  maxMs: timerMs(1),
});

/** Reads what is the policy of a cache, or has one in it. */
export const CACHE_POLICY_OPTIONS = new OptionReader<CachePolicyOptions>({
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
});

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
  return policyAmong(options, path, base);
}

/**
 * {@link resolveCachePolicy} of options that are checked, and that may be more than a policy.
 *
 * @returns `base` itself where they say nothing else
 */
export function policyAmong(
  options: CachePolicyOptions,
  path: string,
  base: CachePolicy,
): CachePolicy {
  const given = NAMES.filter((name) => options[name] !== undefined);
  if (given.length === 0) return base;
  const { refreshBackoff, staleMs, staleIfErrorMs = staleMs } = options;
  return Object.freeze({
    ...base,
    ...(Object.fromEntries(given.map((name) => [name, options[name]])) as Partial<CachePolicy>),
    staleIfErrorMs: staleIfErrorMs ?? base.staleIfErrorMs,
    refreshBackoff: resolveBackoff(refreshBackoff, `${path}.refreshBackoff`, base.refreshBackoff),
  });
}

function resolveBackoff(
  options: Partial<BackoffBounds> | undefined,
  path: string,
  base: BackoffBounds,
): BackoffBounds {
  if (options === undefined) return base;
  const { minMs = base.minMs, maxMs = Math.max(base.maxMs, minMs) } = options;
  if (maxMs < minMs) {
    throw new InvalidOptionError(`${path}.maxMs`, maxMs, `a number ≥ minMs (${minMs})`);
  }
  return Object.freeze({ minMs, maxMs });
}
