import type { CachePolicy, CachePolicyOptions } from './cache-policy.interface.js';
import { InvalidCachingOptionError } from './invalid-caching-option.error.js';
import type { BackoffBounds } from './refresh-backoff.js';

type Check = readonly [expected: string, accepts: (value: unknown) => boolean];

const milliseconds: Check = ['a number of milliseconds ≥ 0', atLeast(0)];

/** Beyond it timers fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const CHECKS: Readonly<Record<keyof CachePolicy, Check>> = {
  freshMs: milliseconds,
  staleMs: milliseconds,
  staleIfErrorMs: milliseconds,
  softTimeoutMs: [
    `a number of milliseconds from 0 to ${LONGEST_TIMER_MS}`,
    (value) => atLeast(0)(value) && (value as number) <= LONGEST_TIMER_MS,
  ],
  jitter: ['a fraction from 0 to 1', (value) => atLeast(0)(value) && (value as number) <= 1],
  earlyRefresh: ['a number ≥ 0', atLeast(0)],
  refreshBackoff: ['an object with minMs and maxMs', isObject],
  negativeMs: milliseconds,
  passMs: milliseconds,
  maxEntryBytes: ['a number of bytes ≥ 0', atLeast(0)],
  cacheable: ['a function', (value) => typeof value === 'function'],
};

const BACKOFF_CHECK: Check = ['a number of milliseconds ≥ 1', atLeast(1)];

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

/** The options a policy knows, by name. */
export const CACHE_POLICY_OPTIONS = Object.keys(CHECKS) as readonly (keyof CachePolicy)[];

/**
 * Applies `base` where `options` say nothing, checks and freezes. An `undefined` option counts as
 * absent; `staleIfErrorMs` follows a `staleMs` that is given without it.
 *
 * @param path where the options stand in what the user wrote; quoted in errors
 * @throws {@link InvalidCachingOptionError}
 */
export function resolveCachePolicy(
  options: CachePolicyOptions,
  path: string,
  base: CachePolicy = DEFAULT_CACHE_POLICY,
): CachePolicy {
  if (!isObject(options)) throw new InvalidCachingOptionError(path, options, 'an object');
  const given: Partial<Record<keyof CachePolicy, unknown>> = {};
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(CHECKS, name)) {
      const known = `left out (known: ${CACHE_POLICY_OPTIONS.join(', ')})`;
      throw new InvalidCachingOptionError(`${path}.${name}`, value, known);
    }
    const [expected, accepts] = CHECKS[name as keyof CachePolicy];
    if (!accepts(value)) throw new InvalidCachingOptionError(`${path}.${name}`, value, expected);
    given[name as keyof CachePolicy] = value;
  }
  const { refreshBackoff, staleMs, staleIfErrorMs = staleMs } = options;
  return Object.freeze({
    ...base,
    ...(given as Partial<CachePolicy>),
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
  const [expected, accepts] = BACKOFF_CHECK;
  if (!accepts(minMs)) throw new InvalidCachingOptionError(`${path}.minMs`, minMs, expected);
  if (!atLeast(minMs)(maxMs)) {
    throw new InvalidCachingOptionError(`${path}.maxMs`, maxMs, `a number ≥ minMs (${minMs})`);
  }
  return Object.freeze({ minMs, maxMs });
}

function atLeast(least: number): (value: unknown) => boolean {
  return (value) => typeof value === 'number' && Number.isFinite(value) && value >= least;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
