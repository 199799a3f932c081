import type { Clock } from '../../ground/index.js';

const SECOND_MS = 1_000;

/** What was counted in the last whole seconds. */
export interface CountedSeconds<Kind extends string> {
  /** How long ago the last of them ended, in milliseconds. */
  readonly endedMsAgo: number;
  /** By kind, a member a second, the oldest first. */
  readonly by: Readonly<Record<Kind, readonly number[]>>;
}

/**
 * Counts of several kinds: in total, and second by second for some time back. Nothing is scheduled: a
 * second that is over is noticed by whoever counts or asks next.
 */
export class MovingCounts<Kind extends string> {
  private readonly total = {} as Record<Kind, number>;
  private readonly rings = {} as Record<Kind, number[]>;
  /** The second that is being counted. */
  private second: number;

  /** @param seconds how many whole seconds are remembered */
  constructor(
    private readonly clock: Clock,
    private readonly kinds: readonly Kind[],
    private readonly seconds: number,
  ) {
    this.second = this.now();
    for (const kind of kinds) {
      this.total[kind] = 0;
      this.rings[kind] = new Array<number>(seconds + 1).fill(0);
    }
  }

  add(kind: Kind, count = 1): void {
    this.advance();
    const ring = this.rings[kind];
    const at = this.second % ring.length;
    ring[at] = (ring[at] as number) + count;
    this.total[kind] += count;
  }

  /** A copy of what was counted in all. */
  totals(): Readonly<Record<Kind, number>> {
    return { ...this.total };
  }

  /** The last whole seconds. */
  history(): CountedSeconds<Kind> {
    this.advance();
    const endedMsAgo = this.clock.monotonic() - this.second * SECOND_MS;
    const by = {} as Record<Kind, readonly number[]>;
    for (const kind of this.kinds) {
      const ring = this.rings[kind];
      // Behind the second that is being counted stands the oldest.
      const oldest = (this.second % ring.length) + 1;
      by[kind] = [...ring.slice(oldest), ...ring.slice(0, oldest - 1)];
    }
    return { endedMsAgo, by };
  }

  private advance(): void {
    const now = this.now();
    if (now === this.second) return;
    const passed = Math.min(now - this.second, this.seconds + 1);
    for (const kind of this.kinds) {
      const ring = this.rings[kind];
      for (let back = 0; back < passed; back++) ring[(now - back) % ring.length] = 0;
    }
    this.second = now;
  }

  private now(): number {
    return Math.floor(this.clock.monotonic() / SECOND_MS);
  }
}
