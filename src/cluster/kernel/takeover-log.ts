import { LogEvent } from '../../ground/index.js';
import type { Clock } from '../../ground/index.js';
import type { LeaseLog } from './lease-ports.js';

/** Why a lead was taken over: its process is dead, or its lease has ended. */
export type TakeoverReason = 'dead' | 'lease';

/** Least time between two lines: a process that dies leaves all of its flights at once. */
const PAUSE_MS = 10_000;

const WORDS: Readonly<Record<TakeoverReason, string>> = {
  dead: 'which is gone',
  lease: 'which has let its lease end',
};

/** Tells of the flights that this process has taken over from others, in few lines however many they are. */
export class TakeoverLog {
  private untold = 0;
  private toldAt = -Infinity;

  constructor(
    private readonly clock: Clock,
    private readonly log: LeaseLog | undefined,
  ) {}

  /** @param from the instance that led */
  tell(reason: TakeoverReason, from: string): void {
    this.untold += 1;
    const now = this.clock.monotonic();
    if (now - this.toldAt < PAUSE_MS) return;
    const count = this.untold;
    this.untold = 0;
    this.toldAt = now;
    const words = `${count} flight(s) taken over since the last such line, the last from ${from}, ${WORDS[reason]}`;
    this.log?.warn(new LogEvent('flight.taken-over', words, { count, from, reason }));
  }
}
