import {
  runtimeOf,
  LONGEST_TIMER_MS,
  OptionReader,
  aClock,
  aScheduler,
  callback,
  rule,
  wholeNumber,
} from '../../../ground/index.js';
import type { RuntimeOptions } from '../../../ground/index.js';

/** Where the disk tier keeps its records, and what it may cost. */
export interface DiskTierOptions extends Pick<RuntimeOptions, 'clock' | 'scheduler'> {
  /**
   * Folder on a local disk, made if it is not there. The tier uses `disk-tier` inside it, sets damage
   * aside as `damaged-…-disk-tier-…` next to that, and touches nothing else. Several processes may
   * name the same folder.
   */
  readonly directory: string;
  /** Bytes on disk over all processes, at least 1 MiB; the least recently written records go first. */
  readonly maxBytes: number;
  /**
   * Milliseconds between two steps of upkeep: expired records swept, other processes' repairs noticed.
   * @default 1_000
   */
  readonly upkeepMs?: number | undefined;
  /**
   * Milliseconds between two attempts to work again after the disk failed.
   * @default 10_000
   */
  readonly retryMs?: number | undefined;
  /** Called once when the disk fails, with what happened; until it works again everything is a miss. */
  readonly onDegraded?: ((reason: string) => void) | undefined;
  /** Called once when the disk works again. */
  readonly onRecovered?: (() => void) | undefined;
}

const MIB = 1024 * 1024;

/** Options with nothing left open but the listeners. */
export type ResolvedDiskTierOptions = Required<
  Omit<DiskTierOptions, 'onDegraded' | 'onRecovered'>
> &
  Pick<DiskTierOptions, 'onDegraded' | 'onRecovered'>;

const DEFAULTS = { upkeepMs: 1_000, retryMs: 10_000 };

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
  const { clock, scheduler } = runtimeOf();
  const defaults = { ...DEFAULTS, clock, scheduler, directory, maxBytes };
  return DISK_TIER_OPTIONS.read(options, 'diskTier', defaults);
}

/** Bytes of a page of the database. */
export const PAGE_BYTES = 4_096;

/** What follows from the number of bytes that the tier may use. */
export interface StoreBounds {
  /** Pages that the database file may have, free ones included. */
  readonly maxPages: number;
  /** Pages in use from which room is made before anything is written. */
  readonly fullPages: number;
  /** Records and bytes that one transaction writes; one record at least. */
  readonly batchRecords: number;
  readonly batchBytes: number;
}

/** Largest record that is stored within `maxBytes`. More than 16 MiB would hold the event loop too long. */
export function maxRecordBytesOf(maxBytes: number): number {
  return Math.min(Math.floor(maxBytes / 4), 16 * MIB);
}

/**
 * Bounds of a database that shares `maxBytes` with what was set aside. The rollback journal is there
 * only while a transaction is written, and counted in for as much as a transaction may touch.
 */
export function storeBoundsOf(maxBytes: number, asideBytes: number): StoreBounds {
  const journalBytes = Math.min(Math.floor(maxBytes / 4), 20 * MIB);
  const maxPages = Math.floor((maxBytes - asideBytes - journalBytes) / PAGE_BYTES);
  return {
    maxPages,
    fullPages: maxPages - Math.max(8, Math.floor(maxPages / 32)),
    batchRecords: Math.min(64, Math.floor(maxBytes / (64 * 1024))),
    batchBytes: Math.min(MIB / 2, Math.floor(maxBytes / 16)),
  };
}

/** Pages that a record of `bytes` takes, with its places in the indexes, and rather too many than too few. */
export function pagesFor(bytes: number): number {
  return Math.ceil(bytes / (PAGE_BYTES - 4)) + 0.25;
}
