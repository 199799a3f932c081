import type { Clock, Scheduler } from '../../clock/index.js';

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
