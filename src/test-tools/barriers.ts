/** A barrier that a test opens: whatever waits behind it goes on at that moment, and not by the clock. */
export interface Gate {
  /** Resolves when the gate opens; at once, where it is open. */
  readonly opened: Promise<void>;
  /** Whether it has been opened. */
  readonly isOpen: boolean;
  /** Opens it, for good. */
  open(): void;
}

/**
 * A closed {@link Gate}.
 *
 * @example
 * const held = gate();
 * const reply = flights.run('key', () => held.opened.then(() => 'value'));
 * // … whatever is to happen while the flight is under way
 * held.open();
 */
export function gate(): Gate {
  let isOpen = false;
  let release: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    release = resolve;
  });
  return {
    opened,
    get isOpen() {
      return isOpen;
    },
    open() {
      isOpen = true;
      release();
    },
  };
}

/** Below the five seconds after which jest and vitest end a test, so that the barrier says what is missing. */
const LIMIT_MS = 4_000;

interface Waiter {
  readonly target: number;
  readonly resolve: () => void;
}

/**
 * A number that only grows, and a barrier on it: {@link reaches} resolves once it has got so far.
 *
 * @example
 * const calls = new Counter('calls of the loader');
 * const load = async () => { calls.increment(); … };
 * await calls.reaches(2);
 */
export class Counter {
  private current = 0;
  private readonly waiters = new Set<Waiter>();

  /**
   * @param what is counted, for the error of a wait that is in vain
   * @param limitMs how long a wait lasts at most, in milliseconds @default 4 000
   */
  constructor(
    private readonly what: string,
    private readonly limitMs: number = LIMIT_MS,
  ) {}

  /** How far it has got. */
  get value(): number {
    return this.current;
  }

  /** Counts one more. */
  increment(): void {
    this.current += 1;
    for (const waiter of [...this.waiters]) {
      if (waiter.target <= this.current) waiter.resolve();
    }
  }

  /**
   * Resolves once the number is `target` or more.
   *
   * @param limitMs how long to wait for it, in milliseconds @default that of the counter
   * @throws (as a rejection) Error saying what was waited for, and how far it has got
   */
  reaches(target: number, limitMs: number = this.limitMs): Promise<void> {
    if (this.current >= target) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        target,
        resolve: () => {
          clearTimeout(timer);
          this.waiters.delete(waiter);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        this.waiters.delete(waiter);
        reject(new Error(`${this.what}: waited for ${target}, saw ${this.current}`));
      }, limitMs);
      this.waiters.add(waiter);
    });
  }
}
