import { systemClock, systemScheduler } from '../../../clock/index.js';
import { InvalidCachingOptionError } from '../../kernel/invalid-caching-option.error.js';
import type { DiskTierOptions } from './disk-tier-options.interface.js';

const MIB = 1024 * 1024;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Options with nothing left open but the listeners. */
export type ResolvedDiskTierOptions = Required<
  Omit<DiskTierOptions, 'onDegraded' | 'onRecovered'>
> &
  Pick<DiskTierOptions, 'onDegraded' | 'onRecovered'>;

/**
 * Applies defaults and checks.
 * @throws {@link InvalidCachingOptionError}
 */
export function resolveDiskTierOptions(options: DiskTierOptions): ResolvedDiskTierOptions {
  const {
    directory,
    maxBytes,
    upkeepMs = 1_000,
    retryMs = 10_000,
    clock = systemClock,
    scheduler = systemScheduler,
    onDegraded,
    onRecovered,
  } = options;
  const usable = typeof directory === 'string' && directory !== '' && !directory.includes('\0');
  if (!usable) throw invalid('directory', directory, 'the path of a folder');
  demandCount('maxBytes', maxBytes, MIB, Number.MAX_SAFE_INTEGER);
  demandCount('upkeepMs', upkeepMs, 1, LONGEST_TIMER_MS);
  demandCount('retryMs', retryMs, 1, LONGEST_TIMER_MS);
  return { directory, maxBytes, upkeepMs, retryMs, clock, scheduler, onDegraded, onRecovered };
}

function demandCount(name: string, value: unknown, least: number, most: number): void {
  if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most)
    return;
  throw invalid(name, value, `a whole number from ${least} to ${most}`);
}

function invalid(name: string, value: unknown, expected: string): InvalidCachingOptionError {
  return new InvalidCachingOptionError(`diskTier.${name}`, value, expected);
}
