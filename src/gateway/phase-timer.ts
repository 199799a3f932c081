import { LONGEST_TIMER_MS } from '../ground/index.js';
import type { ForwardPhase } from './forward.error.js';

/** Longest waits for a backend, in milliseconds; `Infinity` for none. */
export interface ForwardTimeouts {
  /** Until there is a connection. */
  readonly connectMs: number;
  /** From then on until the head of the final answer. */
  readonly headMs: number;
  /** Between two pieces of the body, while somebody wants them. */
  readonly idleMs: number;
  /** For all of it. @default Infinity */
  readonly totalMs?: number | undefined;
}

/** The times of one call: one timer, set anew only where it would be late. */
export class PhaseTimer {
  private phase: ForwardPhase = 'connect';
  /** When it began, or when something last moved in it. Monotonic milliseconds, as all of them. */
  private since = performance.now();
  private readonly endsAt: number;
  private timer: NodeJS.Timeout | undefined;
  private timerAt = Infinity;
  private isHeld = false;
  private isStopped = false;

  constructor(
    private readonly timeouts: ForwardTimeouts,
    private readonly isUp: (phase: ForwardPhase) => void,
  ) {
    this.endsAt = this.since + (timeouts.totalMs ?? Infinity);
  }

  get current(): ForwardPhase {
    return this.phase;
  }

  enter(phase: ForwardPhase): void {
    if (this.isStopped) return;
    this.phase = phase;
    this.since = performance.now();
    if (this.dueAt() < this.timerAt) this.arm();
  }

  /** Something has moved. */
  progress(): void {
    this.since = performance.now();
  }

  /** Time of the phase does not count until {@link release}; that of all of it does. */
  hold(): void {
    this.isHeld = true;
  }

  release(): void {
    this.isHeld = false;
    this.progress();
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  /** When time is over, as it stands. */
  private dueAt(): number {
    const { connectMs, headMs, idleMs } = this.timeouts;
    const ms = this.phase === 'connect' ? connectMs : this.phase === 'head' ? headMs : idleMs;
    return Math.min(this.since + ms, this.endsAt);
  }

  private arm(): void {
    clearTimeout(this.timer);
    this.timerAt = this.dueAt();
    if (this.timerAt === Infinity) return;
    const ms = Math.ceil(this.timerAt - performance.now());
    this.timer = setTimeout(this.look, Math.min(Math.max(ms, 1), LONGEST_TIMER_MS));
  }

  private readonly look = (): void => {
    const now = performance.now();
    if (this.isHeld) this.since = now;
    if (now < this.dueAt()) {
      this.arm();
      return;
    }
    this.isStopped = true;
    this.isUp(now >= this.endsAt ? 'total' : this.phase);
  };
}
