import type { Clock } from '../../ground/index.js';
import type { BusListener } from '../store/store.js';

interface Stored {
  readonly bytes: Buffer;
  readonly expiresAt: number;
}

/** What a store holds, and who listens to it: the part of the model that all connections share. */
export class FakeRedis {
  /** Writes are refused, as by a store that is full. */
  full = false;
  private readonly data = new Map<string, Stored>();
  private readonly channels = new Map<string, Set<BusListener>>();

  constructor(private readonly clock: Clock) {}

  /** The store's own time, in microseconds. */
  get now(): number {
    return Math.floor(this.clock.monotonic() * 1_000) + 1_700_000_000_000_000;
  }

  get(key: string): Buffer | undefined {
    const stored = this.data.get(key);
    return stored && stored.expiresAt > this.clock.monotonic() ? stored.bytes : undefined;
  }

  /** Milliseconds left, or -2. */
  pttl(key: string): number {
    const stored = this.data.get(key);
    const left = stored ? stored.expiresAt - this.clock.monotonic() : 0;
    return left > 0 ? left : -2;
  }

  set(key: string, bytes: Buffer, px: number): void {
    this.data.set(key, { bytes, expiresAt: this.clock.monotonic() + px });
  }

  pexpire(key: string, px: number): void {
    const bytes = this.get(key);
    if (bytes) this.set(key, bytes, px);
  }

  del(...keys: string[]): void {
    for (const key of keys) this.data.delete(key);
  }

  /** What is there under keys with this ending. */
  find(ending: string): Buffer | undefined {
    for (const key of this.data.keys()) if (key.endsWith(ending)) return this.get(key);
    return undefined;
  }

  /** What there are values of. */
  get names(): readonly string[] {
    return [...this.data.keys()];
  }

  /** Loses everything. */
  flush(): void {
    this.data.clear();
  }

  subscribe(channel: string, listener: BusListener): () => void {
    const listeners = this.channels.get(channel) ?? new Set();
    this.channels.set(channel, listeners.add(listener));
    return () => {
      listeners.delete(listener);
    };
  }

  subscribers(channel: string): number {
    return this.channels.get(channel)?.size ?? 0;
  }

  publish(channel: string, message: string): number {
    const listeners = [...(this.channels.get(channel) ?? [])];
    for (const listener of listeners) listener(Buffer.from(message), channel);
    return listeners.length;
  }
}
