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

  /** @param steady what a hang is measured by: a clock that a test moves has not hung */
  constructor(
    private readonly clock: Pick<Clock, 'monotonic'>,
    private readonly scheduler: Scheduler,
    private readonly steady: Pick<Clock, 'monotonic'> = clock,
  ) {
    this.lookedAt = steady.monotonic();
    this.lookAgain();
  }

  /** Milliseconds since an arbitrary origin; never goes back. */
  monotonic(): number {
    const lookedAt = this.steady.monotonic();
    const pauseMs = lookedAt - this.lookedAt;
    this.lookedAt = lookedAt;
    if (pauseMs > HANGS_MS) this.hungMs += pauseMs;
    return this.clock.monotonic() - this.hungMs;
  }

  private lookAgain(): void {
    this.scheduler.schedule(() => {
      this.monotonic();
      this.lookAgain();
    }, LOOK_MS);
  }
}
