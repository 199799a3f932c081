import type { Clock, Scheduler } from '../../ground/index.js';

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
