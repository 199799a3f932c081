import type { CoalescerOptions, ResolvedCoalescerOptions } from './coalescer-options.interface.js';
import { InvalidCoalescerOptionError } from './invalid-coalescer-option.error.js';

const DEFAULTS: ResolvedCoalescerOptions = {
  flightTimeoutMs: 30_000,
  takeoverAfterMs: undefined,
  joinWithinMs: undefined,
  onError: 'share',
  shareAs: 'frozen',
  maxFlights: 10_000,
  maxJoinersPerFlight: 100_000,
  maxKeyLength: 8_192,
  retryAfterMs: 1_000,
  detectSelfJoin: true,
  scope: 'process',
};

/** The longest delay of a timer. */
const MAX_MS = 2 ** 31 - 1;

type OptionName = keyof ResolvedCoalescerOptions;
type Check = readonly [expected: string, accepts: (value: unknown) => boolean];

const milliseconds = wholeNumber(MAX_MS);
const count = wholeNumber(Number.MAX_SAFE_INTEGER);

const CHECKS: Readonly<Record<OptionName, Check>> = {
  flightTimeoutMs: milliseconds,
  takeoverAfterMs: optional(milliseconds),
  joinWithinMs: optional(milliseconds),
  onError: oneOf('share', 'retry-once'),
  shareAs: oneOf('reference', 'frozen', 'clone'),
  maxFlights: count,
  maxJoinersPerFlight: count,
  maxKeyLength: count,
  retryAfterMs: milliseconds,
  detectSelfJoin: oneOf(true, false),
  scope: oneOf('process', 'cluster'),
};

/**
 * Applies defaults, validates and freezes. An `undefined` option counts as absent.
 *
 * @param path where the options stand in what the user wrote, with a trailing dot; quoted in errors
 * @throws {@link InvalidCoalescerOptionError}
 */
export function resolveCoalescerOptions(
  options: CoalescerOptions = {},
  path = '',
): ResolvedCoalescerOptions {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const resolved = { ...DEFAULTS, ...Object.fromEntries(given) } as ResolvedCoalescerOptions;
  for (const [name, value] of Object.entries(resolved)) {
    if (!Object.hasOwn(CHECKS, name)) {
      throw new InvalidCoalescerOptionError(
        path + name,
        value,
        'left out: there is no such option',
      );
    }
    const [expected, accepts] = CHECKS[name as OptionName];
    if (!accepts(value)) throw new InvalidCoalescerOptionError(path + name, value, expected);
  }
  const { takeoverAfterMs, flightTimeoutMs } = resolved;
  if (takeoverAfterMs !== undefined && takeoverAfterMs >= flightTimeoutMs) {
    throw new InvalidCoalescerOptionError(
      `${path}takeoverAfterMs`,
      takeoverAfterMs,
      `less than flightTimeoutMs (${flightTimeoutMs})`,
    );
  }
  return Object.freeze(resolved);
}

function wholeNumber(max: number): Check {
  return [
    `a whole number from 1 to ${max}`,
    (value) => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= max,
  ];
}

function oneOf(...values: readonly unknown[]): Check {
  const expected = values.map((value) => JSON.stringify(value)).join(' or ');
  return [expected, (value) => values.includes(value)];
}

function optional([expected, accepts]: Check): Check {
  return [expected, (value) => value === undefined || accepts(value)];
}
