import type { Clock, Scheduler } from '../../../ground/index.js';

/** Where the disk tier keeps its records, and what it may cost. */
export interface DiskTierOptions {
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
  /** @default the clock of the process */
  readonly clock?: Clock | undefined;
  /** Of upkeep. @default timers that do not keep the process alive */
  readonly scheduler?: Scheduler | undefined;
  /** Called once when the disk fails, with what happened; until it works again everything is a miss. */
  readonly onDegraded?: ((reason: string) => void) | undefined;
  /** Called once when the disk works again. */
  readonly onRecovered?: (() => void) | undefined;
}
