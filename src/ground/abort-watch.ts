import { LinkedSet } from './linked-set.js';
import type { Place } from './linked-set.js';

/** Waits for a signal to abort, beside others. */
export interface AbortWaiter {
  /** The signal has aborted, with this reason. Not called after {@link AbortWatch.delete}. */
  aborted(reason: unknown): void;
}

/** Where an {@link AbortWaiter} stands. */
export type AbortPlace = Place<AbortWaiter>;

const ONCE = { once: true } as const;

/** On the signal itself: a weak map of millions of short-lived keys costs the garbage collector. */
const WATCH = Symbol('breakwater:abort-watch');

type Watched = AbortSignal & { [WATCH]?: AbortWatch };

/**
 * All who wait for one signal, behind one listener: a request may make fifty calls with its signal, and
 * Node warns of a leak from the eleventh listener on. Who comes and goes costs the same, however many
 * there are; while there is nobody, the signal has no listener.
 */
export class AbortWatch {
  private readonly waiters = new LinkedSet<AbortWaiter>();

  private constructor(private readonly signal: AbortSignal) {}

  /** The one watch of `signal`. */
  static of(signal: Watched): AbortWatch {
    return (signal[WATCH] ??= new AbortWatch(signal));
  }

  /** Takes `waiter` in, unless it has aborted: that is for the caller to see. What it returns is needed to let it go. */
  add(waiter: AbortWaiter): AbortPlace {
    if (this.waiters.size === 0) this.signal.addEventListener('abort', this, ONCE);
    return this.waiters.add(waiter);
  }

  /** Lets go of who stands at `place`; a second time does nothing. */
  delete(place: AbortPlace): void {
    this.waiters.delete(place);
    if (this.waiters.size === 0) this.signal.removeEventListener('abort', this);
  }

  /** The signal has aborted: tells all in the order in which they came, and lets them go. */
  handleEvent(): void {
    const { reason } = this.signal as { reason: unknown };
    // Whoever is told may let others go.
    for (let next = this.waiters.shift(); next; next = this.waiters.shift()) tell(next, reason);
  }
}

/** As an event target tells its listeners: one that throws keeps it from nobody. */
function tell(waiter: AbortWaiter, reason: unknown): void {
  try {
    waiter.aborted(reason);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
