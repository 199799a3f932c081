import {
  systemClock,
  systemScheduler,
  LONGEST_TIMER_MS,
  OptionReader,
  aClock,
  aScheduler,
  callback,
  rule,
  wholeNumber,
} from '../../../ground/index.js';
import type { DiskTierOptions } from './disk-tier-options.interface.js';

const MIB = 1024 * 1024;

/** Options with nothing left open but the listeners. */
export type ResolvedDiskTierOptions = Required<
  Omit<DiskTierOptions, 'onDegraded' | 'onRecovered'>
> &
  Pick<DiskTierOptions, 'onDegraded' | 'onRecovered'>;

const DEFAULTS = {
  upkeepMs: 1_000,
  retryMs: 10_000,
  clock: systemClock,
  scheduler: systemScheduler,
};

export const DISK_TIER_OPTIONS = new OptionReader<DiskTierOptions>({
  directory: rule(
    'the path of a folder',
    (value) => typeof value === 'string' && value !== '' && !value.includes('\0'),
  ),
  maxBytes: wholeNumber(MIB),
  upkeepMs: wholeNumber(1, LONGEST_TIMER_MS),
  retryMs: wholeNumber(1, LONGEST_TIMER_MS),
  clock: aClock,
  scheduler: aScheduler,
  onDegraded: callback,
  onRecovered: callback,
});

/**
 * Applies defaults and checks.
 * @throws InvalidOptionError
 */
export function resolveDiskTierOptions(options: DiskTierOptions): ResolvedDiskTierOptions {
  DISK_TIER_OPTIONS.demand(options, 'diskTier', 'directory', 'maxBytes');
  const { directory, maxBytes } = options;
  return DISK_TIER_OPTIONS.read(options, 'diskTier', { ...DEFAULTS, directory, maxBytes });
}
