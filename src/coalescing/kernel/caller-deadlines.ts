import type { Caller } from './caller.js';
import type { CoalescerPorts } from './coalescer-ports.js';
import { DeadlineQueue } from './deadline-queue.js';

/** The deadlines of callers: one timer for all who wait equally long, whole milliseconds. */
export class CallerDeadlines {
  private readonly queues = new Map<number, DeadlineQueue<Caller>>();

  constructor(
    private readonly ports: CoalescerPorts,
    private readonly onExpired: (caller: Caller) => void,
  ) {}

  /** Watches the caller's `timeoutMs` from now on, until the caller finishes. */
  watch(caller: Caller): void {
    const waitMs = Math.ceil(caller.timeoutMs);
    let queue = this.queues.get(waitMs);
    if (!queue) {
      queue = new DeadlineQueue(this.ports, this.onExpired, () => this.queues.delete(waitMs));
      this.queues.set(waitMs, queue);
    }
    caller.deadline = this.ports.clock.monotonic() + waitMs;
    caller.watch = queue;
    queue.add(caller);
  }

  /** Stops all timers. */
  close(): void {
    for (const queue of this.queues.values()) queue.close();
  }
}
