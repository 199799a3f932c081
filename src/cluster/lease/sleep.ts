import type { Cancel, Scheduler } from '../../ground/index.js';

/** What ended a sleep. */
export type WokenBy = 'time' | 'message' | 'unshared' | 'poke';

/** A sleep that has a timer, always, and may be ended before it. */
export class Sleep {
  private end: ((by: WokenBy) => void) | undefined;
  private cancel: Cancel | undefined;

  constructor(private readonly scheduler: Scheduler) {}

  start(ms: number): Promise<WokenBy> {
    return new Promise((resolve) => {
      this.end = resolve;
      this.cancel = this.scheduler.schedule(() => {
        this.wake('time');
      }, ms);
    });
  }

  /** @returns whether there was a sleep to end */
  wake(by: WokenBy): boolean {
    const { end } = this;
    if (!end) return false;
    this.end = undefined;
    this.cancel?.();
    end(by);
    return true;
  }
}
