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

/** A uniform number from 0 (included) to 1 (excluded). */
export type Random = () => number;

/** Time, timers and chance: what a kernel takes from outside, and a test holds in its hands. */
export interface Runtime {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
}

/** What a user may put in the place of the process's own, above all in tests. */
export interface RuntimeOptions {
  /** Where time is read. @default the process's clock */
  readonly clock?: Clock | undefined;
  /** Where timers are set. @default the process's timers, which do not keep it alive */
  readonly scheduler?: Scheduler | undefined;
  /** Where chance comes from. @default Math.random */
  readonly random?: Random | undefined;
}

/** The runtime of the process, but for what is given. */
export function runtimeOf({ clock, scheduler, random }: RuntimeOptions = {}): Runtime {
  return {
    clock: clock ?? systemClock,
    scheduler: scheduler ?? systemScheduler,
    random: random ?? Math.random,
  };
}

/** For how long a reading is used. */
const RESOLUTION_MS = 1;

/**
 * The monotonic clock to the millisecond, for what is done millions of times a second: reading a clock
 * costs more than finding a value. One timer forgets the reading; while nobody asks there is none.
 */
export class CoarseClock {
  private reading: number | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly scheduler: Scheduler,
  ) {}

  /** Milliseconds on the monotonic clock, as they were a millisecond, or one turn of the loop, ago. */
  now(): number {
    return this.reading ?? this.read();
  }

  private read(): number {
    this.reading = this.clock.monotonic();
    this.scheduler.schedule(this.forget, RESOLUTION_MS);
    return this.reading;
  }

  private readonly forget = (): void => {
    this.reading = undefined;
  };
}

/** Below the resolution of any clock, above that of a double holding today's date. */
const STEP_MS = 0.001;

/** By how much two processes on one machine may disagree, given that wall clocks tick in milliseconds. */
const TOLERANCE_MS = 2;

/**
 * Wall time for records that outlive the process. While the process lives it never goes back, even if
 * the wall clock is set back: it advances at least as fast as the monotonic clock, so no record of
 * this process is ever taken for younger than it is.
 */
export class WallTime {
  private offset = -Infinity;
  private last = -Infinity;

  constructor(private readonly clock: Clock) {}

  /** Milliseconds since the Unix epoch. */
  now(): number {
    const monotonic = this.clock.monotonic();
    this.offset = Math.max(this.offset, this.clock.wall() - monotonic);
    return Math.max(monotonic + this.offset, this.last);
  }

  /** {@link now}, and later than every moment taken before: two events always have an order. */
  next(): number {
    this.last = Math.max(this.now(), this.last + STEP_MS);
    return this.last;
  }

  /**
   * Age of a record born at `bornAt`, in milliseconds; `undefined` for one from the future, whose age
   * nobody can tell.
   */
  ageOf(bornAt: number): number | undefined {
    const age = this.now() - bornAt;
    return age >= -TOLERANCE_MS ? Math.max(0, age) : undefined;
  }
}
