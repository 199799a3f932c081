interface Waiter {
  readonly target: number;
  readonly resolve: () => void;
}

/** How long a barrier waits before it says what it was waiting for. */
const BARRIER_LIMIT_MS = 40_000;

/** A number that only grows, and a barrier on it: `reaches(n)` resolves once it has got there. */
export class Counter {
  private current = 0;
  private readonly waiters = new Set<Waiter>();

  constructor(private readonly what: string) {}

  get value(): number {
    return this.current;
  }

  increment(): void {
    this.current += 1;
    for (const waiter of this.waiters) {
      if (waiter.target <= this.current) waiter.resolve();
    }
  }

  reaches(target: number, limitMs = BARRIER_LIMIT_MS): Promise<void> {
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
        reject(
          new Error(`${this.what}: waited for ${String(target)}, saw ${String(this.current)}`),
        );
      }, limitMs);
      this.waiters.add(waiter);
    });
  }
}
