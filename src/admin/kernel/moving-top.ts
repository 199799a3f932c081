import type { Clock } from '../../ground/index.js';
import { SpaceSaving } from './space-saving.js';

/** A key and what was counted of it. */
export interface Counted {
  readonly key: string;
  readonly count: number;
  /** How far the count may be off, in either direction. */
  readonly error: number;
  readonly failures: number;
  /** Mean of the times that were told of it, in milliseconds; 0 without any. */
  readonly meanMs: number;
}

/** How far back a {@link MovingTop} reaches, and what it may take. */
export interface MovingTopBounds {
  /** In milliseconds. */
  readonly windowMs: number;
  /** Parts of the window: the oldest is let go as a whole. */
  readonly panes: number;
  /** Most keys that each part holds. */
  readonly capacity: number;
}

interface Pane {
  /** Number of its stretch of time. */
  epoch: number;
  readonly keys: SpaceSaving;
}

/**
 * What came most often of late. The window moves pane by pane, when somebody counts or asks: it has no
 * timer. It reaches back as far as it says, less at most the length of one pane.
 */
export class MovingTop {
  private readonly panes: readonly Pane[];
  private readonly paneMs: number;

  constructor(
    private readonly clock: Clock,
    { windowMs, panes, capacity }: MovingTopBounds,
  ) {
    this.paneMs = windowMs / panes;
    this.panes = Array.from({ length: panes }, () => ({
      epoch: -1,
      keys: new SpaceSaving(capacity),
    }));
  }

  /**
   * Counts one more of `key`.
   *
   * @param tookMs how long it took, in milliseconds
   */
  add(key: string, failed = false, tookMs = 0): void {
    const epoch = this.now();
    const pane = this.panes[epoch % this.panes.length] as Pane;
    if (pane.epoch !== epoch) {
      pane.epoch = epoch;
      pane.keys.clear();
    }
    const tally = pane.keys.add(key);
    if (failed) tally.failures += 1;
    tally.totalMs += tookMs;
  }

  /** The `limit` keys that came most often, the most frequent first. */
  list(limit: number): Counted[] {
    const since = this.now() - this.panes.length;
    const recent = this.panes.filter(({ epoch }) => epoch > since);
    const keys = new Set(recent.flatMap((pane) => [...pane.keys.values()].map(({ key }) => key)));
    return [...keys]
      .map((key) => counted(key, recent))
      .sort((a, b) => b.count - a.count || a.error - b.error)
      .slice(0, limit);
  }

  private now(): number {
    return Math.floor(this.clock.monotonic() / this.paneMs);
  }
}

/** What several parts have counted of one key; one that has no room for it may have missed some. */
function counted(key: string, panes: readonly Pane[]): Counted {
  let [count, error, own, failures, totalMs] = [0, 0, 0, 0, 0];
  for (const { keys } of panes) {
    const tally = keys.find(key);
    count += tally?.count ?? 0;
    error += tally?.error ?? keys.unseen;
    failures += tally?.failures ?? 0;
    totalMs += tally?.totalMs ?? 0;
    own += tally === undefined ? 0 : tally.count - tally.error;
  }
  return { key, count, error, failures, meanMs: totalMs / Math.max(1, own) };
}
