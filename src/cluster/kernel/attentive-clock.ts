import type { Clock, Scheduler } from '../../ground/index.js';

/** How often it looks at the time, in milliseconds. */
const LOOK_MS = 100;
/** A pause between two looks beyond which the process has heard nothing, in milliseconds. */
const HANGS_MS = 300;

/**
 * Time in which this process could hear: it stands still while the process hangs. Who shows signs of life to
 * a process that does not listen must not be taken for dead when it listens again.
 */
export class AttentiveClock {
  private lookedAt: number;
  private hungMs = 0;

  constructor(
    private readonly clock: Clock,
    private readonly scheduler: Scheduler,
  ) {
    this.lookedAt = clock.monotonic();
    this.lookAgain();
  }

  /** Milliseconds since an arbitrary origin; never goes back. */
  monotonic(): number {
    const now = this.clock.monotonic();
    const pauseMs = now - this.lookedAt;
    this.lookedAt = now;
    if (pauseMs > HANGS_MS) this.hungMs += pauseMs;
    return now - this.hungMs;
  }

  private lookAgain(): void {
    this.scheduler.schedule(() => {
      this.monotonic();
      this.lookAgain();
    }, LOOK_MS);
  }
}
