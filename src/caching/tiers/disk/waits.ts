/**
 * Waits for other processes, which take real time whatever clock a test has; nor may the process end
 * before what it waits for is written. They can be ended all at once.
 */
export class Waits {
  private readonly waiting = new Map<NodeJS.Timeout, () => void>();
  private ended = false;

  /** Ends after `ms`, or with {@link end}. */
  wait(ms: number): Promise<void> {
    if (this.ended) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.waiting.delete(timer);
        resolve();
      }, ms);
      this.waiting.set(timer, resolve);
    });
  }

  /** Ends all waits, those to come as well. */
  end(): void {
    this.ended = true;
    for (const [timer, resolve] of this.waiting) {
      clearTimeout(timer);
      resolve();
    }
    this.waiting.clear();
  }
}
