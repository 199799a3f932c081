import type { Clock } from '../../ground/index.js';
import { StoreCommandError } from './store.error.js';

/** Hears what is published on a channel. */
export type MemoryListener = (message: Buffer, channel: string) => void;

interface Entry {
  readonly bytes: Buffer;
  expiresAt: number;
}

/** Bytes that an entry takes beside its key and its value, about. */
const ENTRY_BYTES = 200;
/** Entries looked at for being over, each time that something is written. */
const LOOKS = 2;

/**
 * What a store keeps and carries, in this process: strings that end, and channels. An entry ends when it is
 * read or looked at after its time, so nothing is scheduled; each write looks at a few others, so nothing
 * that has ended stays while there are writes.
 *
 * It is bounded. What is kept for its own sake ({@link cache}) makes room for everything else, the least
 * recently read first. What guards something ({@link set}) does not end before its time.
 */
export class MachineMemory {
  private readonly guards = new Map<string, Entry>();
  private readonly cached = new Map<string, Entry>();
  private readonly channels = new Map<string, Set<MemoryListener>>();
  private readonly looks = new Map<Map<string, Entry>, MapIterator<[string, Entry]>>();
  private readonly startUs: number;
  private used = 0;
  /** Of it, by what makes room. */
  private usedByCached = 0;

  /**
   * @param clock its monotonic time alone moves the memory's; the time of day is read once, so that tokens
   * are larger than those of the process before
   * @param maxBytes most that it takes, about
   * @param guardClock what guards end by, which may stand still while nobody could keep them
   */
  constructor(
    private readonly clock: Clock,
    private readonly maxBytes = Infinity,
    private readonly guardClock: Pick<Clock, 'monotonic'> = clock,
  ) {
    this.startUs = Math.floor((clock.wall() - clock.monotonic()) * 1_000);
  }

  /** Its own time, in microseconds. */
  get now(): number {
    return this.startUs + Math.floor(this.clock.monotonic() * 1_000);
  }

  /** What it takes now, about, in bytes. */
  get bytes(): number {
    return this.used;
  }

  /** Keys of all that has not been found to be over. */
  get names(): readonly string[] {
    return [...this.guards.keys(), ...this.cached.keys()];
  }

  get(key: string): Buffer | undefined {
    const cached = this.live(this.cached, key);
    if (!cached) return this.live(this.guards, key)?.bytes;
    this.cached.delete(key);
    this.cached.set(key, cached);
    return cached.bytes;
  }

  /** Milliseconds left, or -2. */
  pttl(key: string): number {
    const [entry, now] = this.entryOf(key);
    return entry ? entry.expiresAt - now : -2;
  }

  /**
   * Makes room for so many bytes. What is too large for it costs nobody anything.
   * @throws {@link StoreCommandError} of kind `OOM` where there is none
   */
  admit(bytes: number): void {
    if (this.used - this.usedByCached + bytes + ENTRY_BYTES > this.maxBytes) {
      throw new StoreCommandError('OOM', 'OOM there is no room left in the store of this machine');
    }
    this.makeRoom(bytes);
  }

  /** Keeps a guard for `px` milliseconds. It is let in even if there is no room: guards are small. */
  set(key: string, bytes: Buffer, px: number): void {
    this.put(this.guards, key, bytes, px);
  }

  /** Keeps a value for `px` milliseconds at most. */
  cache(key: string, bytes: Buffer, px: number): void {
    this.put(this.cached, key, bytes, px);
  }

  pexpire(key: string, px: number): void {
    const [entry, now] = this.entryOf(key);
    if (entry) entry.expiresAt = now + px;
  }

  del(...keys: string[]): void {
    for (const key of keys) {
      this.drop(this.guards, key);
      this.drop(this.cached, key);
    }
  }

  /** Loses everything that is kept. */
  flush(): void {
    this.guards.clear();
    this.cached.clear();
    this.looks.clear();
    this.used = this.usedByCached = 0;
  }

  /** @returns what ends the listening */
  subscribe(channel: string, listener: MemoryListener): () => void {
    const listeners = this.channels.get(channel) ?? new Set();
    this.channels.set(channel, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.channels.get(channel) === listeners) {
        this.channels.delete(channel);
      }
    };
  }

  /** How many listen on a channel. */
  subscribers(channel: string): number {
    return this.channels.get(channel)?.size ?? 0;
  }

  /** Channels that somebody listens on and that begin so. */
  channelsOf(prefix: string): string[] {
    return [...this.channels.keys()].filter((channel) => channel.startsWith(prefix));
  }

  /** @returns how many have heard it */
  publish(channel: string, message: string | Buffer): number {
    const listeners = [...(this.channels.get(channel) ?? [])];
    const bytes = Buffer.from(message);
    for (const listener of listeners) listener(bytes, channel);
    return listeners.length;
  }

  private put(to: Map<string, Entry>, key: string, bytes: Buffer, px: number): void {
    this.del(key);
    const size = sizeOf(key, bytes);
    this.makeRoom(size - ENTRY_BYTES);
    to.set(key, { bytes, expiresAt: this.nowOf(to) + px });
    this.used += size;
    if (to === this.cached) this.usedByCached += size;
    this.lookAround(this.guards);
    this.lookAround(this.cached);
  }

  private makeRoom(bytes: number): void {
    const most = this.maxBytes - bytes - ENTRY_BYTES;
    if (this.used <= most) return;
    for (const key of this.cached.keys()) {
      this.drop(this.cached, key);
      if (this.used <= most) return;
    }
  }

  private nowOf(among: Map<string, Entry>): number {
    return (among === this.guards ? this.guardClock : this.clock).monotonic();
  }

  /** An entry of either kind, and the time that it ends by. */
  private entryOf(key: string): [entry: Entry | undefined, now: number] {
    const guard = this.live(this.guards, key);
    if (guard) return [guard, this.nowOf(this.guards)];
    return [this.live(this.cached, key), this.nowOf(this.cached)];
  }

  private live(among: Map<string, Entry>, key: string): Entry | undefined {
    const entry = among.get(key);
    if (!entry || entry.expiresAt > this.nowOf(among)) return entry;
    this.drop(among, key);
    return undefined;
  }

  private drop(from: Map<string, Entry>, key: string): void {
    const entry = from.get(key);
    if (!entry) return;
    from.delete(key);
    const size = sizeOf(key, entry.bytes);
    this.used -= size;
    if (from === this.cached) this.usedByCached -= size;
  }

  /** Goes on where it was, and begins again at the end: an iterator sees what comes and what goes. */
  private lookAround(among: Map<string, Entry>): void {
    const now = this.nowOf(among);
    for (let looks = 0; looks < LOOKS; looks++) {
      const at = this.looks.get(among) ?? among.entries();
      this.looks.set(among, at);
      const next = at.next();
      if (next.done) {
        this.looks.delete(among);
        return;
      }
      const [key, { expiresAt }] = next.value;
      if (expiresAt <= now) this.drop(among, key);
    }
  }
}

function sizeOf(key: string, bytes: Buffer): number {
  return key.length + bytes.length + ENTRY_BYTES;
}
