import { LinkedSet, LONGEST_TIMER_MS } from '../../ground/index.js';
import type { Cancel, Place } from '../../ground/index.js';
import type { CoalescerPorts } from './coalescer-ports.js';

/** What a {@link DeadlineQueue} holds; one queue at a time. */
export interface Expiring {
  readonly deadline: number;
  /** Where it stands in its queue. */
  place?: Place<unknown> | undefined;
}

/**
 * Items that expire in the order in which they were added, on one timer for all of them. The timer is
 * not touched when an item leaves: it finds out when it fires, at most once per period.
 */
export class DeadlineQueue<T extends Expiring> {
  private readonly items = new LinkedSet<T>();
  private cancel: Cancel | undefined;

  constructor(
    private readonly ports: CoalescerPorts,
    /** Told of each item whose deadline has passed; it is no longer in the queue. */
    private readonly onExpired: (item: T) => void,
    /** Told when the timer fired and found nothing left to wait for. */
    private readonly onIdle?: () => void,
  ) {}

  get size(): number {
    return this.items.size;
  }

  /** Adds an item whose deadline is not before that of any other. */
  add(item: T): void {
    item.place = this.items.add(item);
    this.cancel ??= this.wakeAt(item.deadline);
  }

  delete(item: T): void {
    if (item.place) this.items.delete(item.place as Place<T>);
    item.place = undefined;
  }

  values(): IterableIterator<T> {
    return this.items.values();
  }

  /** Stops the timer. */
  close(): void {
    this.cancel?.();
    this.cancel = undefined;
  }

  private wakeAt(deadline: number): Cancel {
    const { clock, scheduler, contexts } = this.ports;
    // A wake-up before the deadline does no harm.
    const delayMs = Math.min(Math.ceil(deadline - clock.monotonic()), LONGEST_TIMER_MS);
    // Detached, so that the timer does not keep the async context of whoever came first alive.
    return contexts.detached(() => scheduler.schedule(this.wake, delayMs));
  }

  private readonly wake = (): void => {
    // `cancel` stays set meanwhile: what `onExpired` adds arms no timer of its own.
    const now = this.ports.clock.monotonic();
    let head = this.items.first;
    for (; head && head.deadline <= now; head = this.items.first) {
      this.delete(head);
      this.onExpired(head);
    }
    this.cancel = head && this.wakeAt(head.deadline);
    if (!head) this.onIdle?.();
  };
}
