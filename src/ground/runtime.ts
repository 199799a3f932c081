/**
 * Where kernels read time. Two readings, because neither is enough alone: the monotonic one cannot
 * be set back, the wall one survives a suspended process.
 */
export interface Clock {
  /** Milliseconds since an arbitrary origin; never goes back. */
  monotonic(): number;
  /** Milliseconds since the Unix epoch; may be set back or forth. */
  wall(): number;
}

/** A moment as both clocks saw it; what {@link elapsedMs} measures from. */
export interface Instant {
  readonly monotonic: number;
  readonly wall: number;
}

/**
 * The clock of the process. Reads the globals at call time, so that every way of faking time in
 * tests (fake timers, `setSystemTime`) moves it.
 */
export const systemClock: Clock = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
};

/** Takes both readings of `clock`. */
export function instantOf(clock: Clock): Instant {
  return { monotonic: clock.monotonic(), wall: clock.wall() };
}

/**
 * Milliseconds since `since`: the larger of the two clocks' differences, never negative. A wall clock
 * set back is ignored; a process that was suspended (the monotonic clock may stop) still ages.
 */
export function elapsedMs(clock: Clock, since: Instant): number {
  return Math.max(clock.monotonic() - since.monotonic, clock.wall() - since.wall, 0);
}

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
