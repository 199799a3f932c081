import { BackendTimeoutError } from './backend.errors.js';

/** What ends a call before its answer is there: its deadline, or its caller. */
export class CallBounds {
  private readonly timer: NodeJS.Timeout | undefined;

  /**
   * @param timeoutMs time until the deadline, in milliseconds; `undefined` for none
   * @param end told why the call is over, once at most, and never after {@link release}
   */
  constructor(
    private readonly signal: AbortSignal | undefined,
    timeoutMs: number | undefined,
    private readonly end: (reason: Error) => void,
  ) {
    signal?.addEventListener('abort', this.leave);
    if (timeoutMs !== undefined) this.timer = setTimeout(this.giveUp, timeoutMs, timeoutMs);
  }

  /** The call is over by itself. */
  release(): void {
    clearTimeout(this.timer);
    this.signal?.removeEventListener('abort', this.leave);
  }

  private readonly leave = (): void => {
    this.release();
    this.end(this.signal?.reason as Error);
  };

  private readonly giveUp = (timeoutMs: number): void => {
    this.release();
    this.end(new BackendTimeoutError(timeoutMs));
  };
}
