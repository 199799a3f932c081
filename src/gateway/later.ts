/** What becomes known later, for those who may wait for it: most never do, and cost no promise then. */
export class Later<T> {
  private promise: Promise<T> | undefined;
  private settle: { resolve(value: T): void; reject(error: Error): void } | undefined;
  private outcome: { readonly value: T } | { readonly error: Error } | undefined;

  /** Of all who wait. Rejects for nobody in particular: who waits for it hears of it. */
  get awaited(): Promise<T> {
    if (this.promise === undefined) {
      const promise = new Promise<T>((resolve, reject) => {
        this.settle = { resolve, reject };
      });
      promise.catch(() => undefined);
      this.promise = promise;
      this.tell();
    }
    return this.promise;
  }

  /** It has become this. What it becomes after that does not count. */
  becomes(value: T): void {
    this.outcome ??= { value };
    this.tell();
  }

  /** It never will be. */
  fails(error: Error): void {
    this.outcome ??= { error };
    this.tell();
  }

  private tell(): void {
    const { outcome, settle } = this;
    if (outcome === undefined || settle === undefined) return;
    if ('error' in outcome) settle.reject(outcome.error);
    else settle.resolve(outcome.value);
  }
}
