import type { Cancel, Clock, Runtime, Scheduler } from './runtime.js';

interface Task {
  readonly dueAt: number;
  readonly run: () => void;
}

/**
 * Time that moves only when a test says so: both readings of the clock, the scheduler on it, and with
 * chance that a test sets the whole of a runtime.
 */
export class ManualClock implements Clock, Scheduler, Runtime {
  readonly clock = this;
  readonly scheduler = this;
  /** What chance comes to. */
  random: Runtime['random'] = () => 0.5;
  private monotonicMs = 1_000;
  private wallMs = Date.UTC(2026, 0, 1);
  private readonly tasks = new Set<Task>();

  monotonic(): number {
    return this.monotonicMs;
  }

  wall(): number {
    return this.wallMs;
  }

  /** How many tasks are scheduled and have not run. */
  get pending(): number {
    return this.tasks.size;
  }

  schedule(run: () => void, delayMs: number): Cancel {
    const task: Task = { dueAt: this.monotonicMs + delayMs, run };
    this.tasks.add(task);
    return () => {
      this.tasks.delete(task);
    };
  }

  /** Moves both clocks forward, running each task at the moment it is due, in order. */
  advance(ms: number): void {
    const target = this.monotonicMs + ms;
    for (let task = this.nextDue(target); task; task = this.nextDue(target)) {
      this.moveTo(task.dueAt);
      this.tasks.delete(task);
      task.run();
    }
    this.moveTo(target);
  }

  /** Sets the wall clock alone, as an operator or NTP does. */
  shiftWall(ms: number): void {
    this.wallMs += ms;
  }

  private moveTo(monotonicMs: number): void {
    const step = Math.max(0, monotonicMs - this.monotonicMs);
    this.monotonicMs += step;
    this.wallMs += step;
  }

  private nextDue(target: number): Task | undefined {
    let next: Task | undefined;
    for (const task of this.tasks) {
      if (task.dueAt <= target && (!next || task.dueAt < next.dueAt)) next = task;
    }
    return next;
  }
}
