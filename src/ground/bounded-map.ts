/**
 * A map that holds at most `limit` keys (two at least): beyond that it drops the half that was written
 * longest ago, all at once, so that a write costs the same however many keys there are.
 */
export class BoundedMap<V> {
  private young = new Map<string, V>();
  private old = new Map<string, V>();
  private readonly half: number;

  constructor(
    limit: number,
    /** Told of each value that the bound has dropped. */
    private readonly onDropped?: (value: V) => void,
  ) {
    this.half = Math.max(1, Math.floor(limit / 2));
  }

  get size(): number {
    return this.young.size + this.old.size;
  }

  get(key: string): V | undefined {
    // What is remembered for few is asked for at each look-up.
    return this.size === 0 ? undefined : (this.young.get(key) ?? this.old.get(key));
  }

  set(key: string, value: V): void {
    this.old.delete(key);
    if (this.young.size >= this.half && !this.young.has(key)) this.age();
    this.young.set(key, value);
  }

  delete(key: string): boolean {
    return this.size > 0 && (this.young.delete(key) || this.old.delete(key));
  }

  clear(): void {
    this.young.clear();
    this.old.clear();
  }

  private age(): void {
    if (this.onDropped) for (const value of this.old.values()) this.onDropped(value);
    this.old = this.young;
    this.young = new Map();
  }
}
