import {
  InvalidOptionError,
  LONGEST_TIMER_MS,
  OptionReader,
  flag,
  oneOf,
  wholeNumber,
} from '../../ground/index.js';
import type { CoalescerOptions, ResolvedCoalescerOptions } from './coalescer-options.interface.js';

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

const milliseconds = wholeNumber(1, LONGEST_TIMER_MS);

export const COALESCER_OPTIONS = new OptionReader<CoalescerOptions>({
  flightTimeoutMs: milliseconds,
  takeoverAfterMs: milliseconds,
  joinWithinMs: milliseconds,
  onError: oneOf('share', 'retry-once'),
  shareAs: oneOf('reference', 'frozen', 'clone'),
  maxFlights: wholeNumber(1),
  maxJoinersPerFlight: wholeNumber(1),
  maxKeyLength: wholeNumber(1),
  retryAfterMs: milliseconds,
  detectSelfJoin: flag,
  scope: oneOf('process', 'cluster'),
});

/**
 * Applies defaults, checks and freezes. An `undefined` option counts as absent.
 *
 * @param path where the options stand in what the user wrote; quoted in errors
 * @throws {@link InvalidOptionError}
 */
export function resolveCoalescerOptions(
  options: CoalescerOptions = {},
  path = 'options',
): ResolvedCoalescerOptions {
  const resolved = COALESCER_OPTIONS.read(options, path, DEFAULTS);
  const { takeoverAfterMs, flightTimeoutMs } = resolved;
  if (takeoverAfterMs !== undefined && takeoverAfterMs >= flightTimeoutMs) {
    const expected = `less than flightTimeoutMs (${flightTimeoutMs})`;
    throw new InvalidOptionError(`${path}.takeoverAfterMs`, takeoverAfterMs, expected);
  }
  return Object.freeze(resolved);
}
