import { AbortWatch } from '../ground/index.js';
import type { AbortPlace, AbortWaiter } from '../ground/index.js';
import { BackendTimeoutError } from './backend.errors.js';

/** What ends a call before its answer is there: its deadline, or its caller. */
export class CallBounds implements AbortWaiter {
  private readonly timer: NodeJS.Timeout | undefined;
  private readonly watch: AbortWatch | undefined;
  private readonly place: AbortPlace | undefined;

  /**
   * @param timeoutMs time until the deadline, in milliseconds; `undefined` for none
   * @param end told why the call is over, once at most, and never after {@link release}
   */
  constructor(
    signal: AbortSignal | undefined,
    timeoutMs: number | undefined,
    private readonly end: (reason: Error) => void,
  ) {
    if (signal) {
      this.watch = AbortWatch.of(signal);
      this.place = this.watch.add(this);
    }
    if (timeoutMs !== undefined) this.timer = setTimeout(this.giveUp, timeoutMs, timeoutMs);
  }

  /** The call is over by itself. */
  release(): void {
    clearTimeout(this.timer);
    if (this.place) this.watch?.delete(this.place);
  }

  /** Its caller has left. */
  aborted(reason: unknown): void {
    this.release();
    this.end(reason as Error);
  }

  private readonly giveUp = (timeoutMs: number): void => {
    this.release();
    this.end(new BackendTimeoutError(timeoutMs));
  };
}
