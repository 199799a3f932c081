/** Keys with writes that the origin may still apply, and how many. */
export class UnsettledWrites {
  private readonly counts = new Map<string, number>();

  begun(key: string): void {
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
  }

  settled(key: string): void {
    const left = (this.counts.get(key) ?? 0) - 1;
    if (left > 0) this.counts.set(key, left);
    else this.counts.delete(key);
  }

  has(key: string): boolean {
    return this.counts.has(key);
  }
}
