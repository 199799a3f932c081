import type { CachingOptions, ResolvedCachingOptions } from './caching-options.interface.js';
import { InvalidCachingOptionError } from './kernel/invalid-caching-option.error.js';
import { resolveCachePolicy } from './kernel/resolve-cache-policy.js';
import { v8Codec } from './value-codec.js';

type OptionalMembers = 'flights' | 'shared';

const DEFAULTS: Required<Omit<CachingOptions, OptionalMembers>> &
  Pick<CachingOptions, OptionalMembers> = {
  flights: undefined,
  shared: undefined,
  policy: {},
  memory: {},
  tiers: [],
  codec: v8Codec,
  tierTimeoutMs: 1_000,
  maxPendingWrites: 1_000,
  maxCaches: 1_000,
  maxRemembered: 10_000,
  maxInvalidations: 50_000,
};

const MEMORY_DEFAULTS = { maxBytes: 64 * 1024 * 1024, maxEntries: 1_000_000 };

type Counted =
  'tierTimeoutMs' | 'maxPendingWrites' | 'maxCaches' | 'maxRemembered' | 'maxInvalidations';

/** Beyond it Node's timers fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Whole numbers, with the least that works, and the most where there is one. */
const COUNTS: readonly (readonly [Counted, least: number, most?: number])[] = [
  ['tierTimeoutMs', 1, LONGEST_TIMER_MS],
  ['maxPendingWrites', 1],
  ['maxCaches', 1],
  ['maxRemembered', 2],
  ['maxInvalidations', 2],
];

const TIER_METHODS = ['get', 'set', 'delete', 'deleteTag', 'deletePrefix', 'health', 'close'];
const SHARED_TIER_METHODS = [...TIER_METHODS, 'claim', 'listen'];

/**
 * Applies defaults, checks and freezes. An `undefined` option counts as absent.
 *
 * @param path what the options are called in errors
 * @throws {@link InvalidCachingOptionError}
 */
export function resolveCachingOptions(
  options: CachingOptions = {},
  path = 'caching',
): ResolvedCachingOptions {
  const given = withDefaults(DEFAULTS, options, path);
  const memory = withDefaults(MEMORY_DEFAULTS, given.memory, `${path}.memory`);
  for (const [name, least, most] of COUNTS) {
    demandCount(given[name], least, `${path}.${name}`, most);
  }
  demandCount(memory.maxBytes, 0, `${path}.memory.maxBytes`);
  demandCount(memory.maxEntries, 0, `${path}.memory.maxEntries`);
  if (given.flights) demandMethods(given.flights, ['run', 'forget'], `${path}.flights`);
  if (given.shared) demandMethods(given.shared, SHARED_TIER_METHODS, `${path}.shared`);
  demandMethods(given.codec, ['encode', 'decode'], `${path}.codec`);
  given.tiers.forEach((tier, i) => demandMethods(tier, TIER_METHODS, `${path}.tiers[${i}]`));
  return Object.freeze({
    ...given,
    policy: resolveCachePolicy(given.policy, `${path}.policy`),
    tiers: Object.freeze([...given.tiers]),
    memory: Object.freeze(memory),
  });
}

function withDefaults<D extends object, O extends object>(
  defaults: D,
  options: O,
  path: string,
): D & O {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    if (Object.hasOwn(defaults, name)) continue;
    const known = `left out (known: ${Object.keys(defaults).join(', ')})`;
    throw new InvalidCachingOptionError(`${path}.${name}`, value, known);
  }
  return { ...defaults, ...(Object.fromEntries(given) as O) };
}

function demandCount(value: unknown, least: number, path: string, most?: number): void {
  const fits = Number.isSafeInteger(value) && (value as number) >= least;
  if (fits && (most === undefined || (value as number) <= most)) return;
  const allowed = most === undefined ? `≥ ${least}` : `from ${least} to ${most}`;
  throw new InvalidCachingOptionError(path, value, `a whole number ${allowed}`);
}

function demandMethods(value: object, methods: readonly string[], path: string): void {
  const object = value as Readonly<Record<string, unknown>>;
  if (methods.every((method) => typeof object[method] === 'function')) return;
  throw new InvalidCachingOptionError(path, value, `an object with ${methods.join(', ')}`);
}
