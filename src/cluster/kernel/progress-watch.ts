import type { Cancel, Scheduler } from '../../ground/index.js';

/** What is watched, and who is told. */
export interface ProgressPorts {
  /** The command that has been on its way for longest; none while nothing is. */
  oldest(): object | undefined;
  /** Calls `task` when every answer that has already arrived has been read. */
  afterPoll(task: () => void): void;
  /** Nothing has come back for too long. Called once for each silence. */
  hung(): void;
}

export interface ProgressOptions {
  /** Milliseconds without any answer, while commands are on their way, that make the store hung. */
  readonly hungAfterMs: number;
  /**
   * Milliseconds that a single command may be on its way while others are answered.
   * @default any time
   */
  readonly stuckAfterMs?: number;
}

/** Looks so often within {@link ProgressOptions.hungAfterMs}. */
const LOOKS = 6;

/**
 * Finds out that a store does not answer, by the absence of any progress instead of a timer for each
 * command: under a burst such timers fire before the answers are read that came in time.
 *
 * Silence is counted in looks and not read from a clock. Where this process itself stood still, one
 * look happens however long that took, and the answers are read before the next.
 */
export class ProgressWatch {
  private cancel?: Cancel;
  private silentLooks = 0;
  private oldest?: object;
  private oldestLooks = 0;
  private readonly lookEveryMs: number;
  private readonly stuckLooks: number;

  constructor(
    private readonly scheduler: Scheduler,
    private readonly ports: ProgressPorts,
    { hungAfterMs, stuckAfterMs = Infinity }: ProgressOptions,
  ) {
    this.lookEveryMs = hungAfterMs / LOOKS;
    this.stuckLooks = stuckAfterMs / this.lookEveryMs;
  }

  /** A command was sent. */
  sent(): void {
    if (this.cancel) return;
    this.silentLooks = 0;
    this.oldest = undefined;
    this.lookLater();
  }

  /** Something came back. */
  progressed(): void {
    // Not to zero: the time since the last look is not known, and does not count.
    this.silentLooks = -1;
  }

  stop(): void {
    this.cancel?.();
    this.cancel = undefined;
  }

  private lookLater(): void {
    this.cancel = this.scheduler.schedule(() => this.look(), this.lookEveryMs);
  }

  private look(): void {
    this.cancel = undefined;
    const oldest = this.ports.oldest();
    if (!oldest) return;
    this.silentLooks += 1;
    this.oldestLooks = oldest === this.oldest ? this.oldestLooks + 1 : 0;
    this.oldest = oldest;
    this.lookLater();
    if (this.isHung(oldest)) this.ports.afterPoll(() => this.conclude(oldest));
  }

  /** The answer may have been waiting to be read, behind the timer that made us look. */
  private conclude(oldest: object): void {
    if (!this.cancel || this.ports.oldest() !== oldest || !this.isHung(oldest)) return;
    this.stop();
    this.ports.hung();
  }

  private isHung(oldest: object): boolean {
    const stuck = oldest === this.oldest && this.oldestLooks >= this.stuckLooks;
    return stuck || this.silentLooks >= LOOKS;
  }
}
