/** Cancels what was scheduled; a second call does nothing. */
export type Cancel = () => void;

/** Where kernels schedule the little that cannot be read lazily from a {@link Clock}. */
export interface Scheduler {
  /** Calls `task` once, `delayMs` from now. */
  schedule(task: () => void, delayMs: number): Cancel;
}

/** Schedules on the process's timers, which do not keep the process alive. */
export const systemScheduler: Scheduler = {
  schedule(task, delayMs) {
    const timer = setTimeout(task, delayMs);
    timer.unref();
    return () => {
      clearTimeout(timer);
    };
  },
};
