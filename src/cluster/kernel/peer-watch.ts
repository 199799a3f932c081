import type { Cancel } from '../../ground/index.js';
import type { LeaseEnvironment } from './lease-ports.js';

/** Peers looked at in one go; with more of them, each go looks at the next ones. */
const MAX_LOOK = 256;
/** Looks that must pass after the bus was away before the absence of anybody means something. */
const SETTLING_LOOKS = 2;
/** Looks in a row that must find nobody before a process counts as dead. */
const ZEROS = 2;

/**
 * Tells dead processes from the subscribers of their channels. One look proves nothing, since a
 * subscription may be away for a moment, and no look proves anything while not even our own channel
 * counts: then it is the bus that is away, not its subscribers.
 */
export class PeerTally {
  private readonly zeros = new Map<string, number>();

  /**
   * Takes one look.
   *
   * @param ownCount subscribers of this process's own channel at the same moment
   * @returns who is dead
   */
  look(ownCount: number, counts: ReadonlyMap<string, number>): string[] {
    if (ownCount < 1) {
      this.reset();
      return [];
    }
    const dead: string[] = [];
    for (const [peer, count] of counts) {
      const zeros = count > 0 ? 0 : (this.zeros.get(peer) ?? 0) + 1;
      if (zeros >= ZEROS) dead.push(peer);
      if (zeros > 0 && zeros < ZEROS) this.zeros.set(peer, zeros);
      else this.zeros.delete(peer);
    }
    return dead;
  }

  /** Forgets those whom nobody waits for any more. */
  keep(isAwaited: (peer: string) => boolean): void {
    for (const peer of this.zeros.keys()) if (!isAwaited(peer)) this.zeros.delete(peer);
  }

  /** What was seen so far proves nothing. */
  reset(): void {
    this.zeros.clear();
  }
}

/** Whoever waits for another process. */
export interface PeerWaiter {
  peerDied(peer: string): void;
}

/**
 * Finds out about processes that died, by whether anybody listens on their channel: within two looks,
 * however many keys they led. Off where that cannot be told: behind proxies and on replicas.
 */
export class PeerWatch {
  private readonly tally = new PeerTally();
  private readonly waiting = new Map<string, Set<PeerWaiter>>();
  private cancel: Cancel | undefined;
  private on = false;
  private settlesAt = -Infinity;

  constructor(private readonly environment: LeaseEnvironment) {}

  /** Whether deaths are told at once; otherwise what the dead held has to end by itself. */
  get isOn(): boolean {
    return this.on;
  }

  /** Looks whether this process itself is seen; if not, nobody would be. Never rejects. */
  async selfCheck(): Promise<void> {
    const { settings, store, telemetry } = this.environment;
    if (settings.peerWatchMs === 0) return;
    let on: boolean;
    try {
      const [own = 0] = await store.listeners([store.instance]);
      on = own > 0;
    } catch {
      on = false;
    }
    if (on !== this.on) telemetry.peerWatch(on);
    this.on = on;
    if (on && this.waiting.size > 0) this.arm();
  }

  /** Messages were lost: those who are missing may only not have come back yet. */
  busWasAway(): void {
    this.tally.reset();
    const { clock, settings } = this.environment;
    this.settlesAt = clock.monotonic() + SETTLING_LOOKS * settings.peerWatchMs;
  }

  add(peer: string, waiter: PeerWaiter): void {
    const waiters = this.waiting.get(peer);
    if (waiters) waiters.add(waiter);
    else this.waiting.set(peer, new Set([waiter]));
    if (this.on) this.arm();
  }

  delete(peer: string, waiter: PeerWaiter): void {
    const waiters = this.waiting.get(peer);
    // What was seen of it stays until the next look: whoever waits asks the store and comes back.
    if (waiters?.delete(waiter) && waiters.size === 0) this.waiting.delete(peer);
  }

  stop(): void {
    this.cancel?.();
    this.cancel = undefined;
    this.tally.reset();
  }

  private arm(): void {
    const { scheduler, settings } = this.environment;
    this.cancel ??= scheduler.schedule(() => {
      void this.look();
    }, settings.peerWatchMs);
  }

  private async look(): Promise<void> {
    this.tally.keep((peer) => this.waiting.has(peer));
    if (this.waiting.size === 0) {
      this.cancel = undefined;
      return;
    }
    const { store, clock } = this.environment;
    const peers = this.nextPeers();
    try {
      const [own = 0, ...counts] = await store.listeners([store.instance, ...peers]);
      const settled = clock.monotonic() >= this.settlesAt;
      const seen = new Map(peers.map((peer, index) => [peer, counts[index] ?? 0]));
      for (const peer of this.tally.look(settled ? own : 0, seen)) this.died(peer);
    } catch {
      // A store that does not answer says nothing about anybody.
      this.tally.reset();
    }
    this.cancel = undefined;
    if (this.waiting.size > 0 && this.on) this.arm();
  }

  private nextPeers(): string[] {
    const peers = [...this.waiting.keys()].slice(0, MAX_LOOK);
    if (this.waiting.size <= MAX_LOOK) return peers;
    // Those looked at go to the end. Two looks at each are needed, so their zeros are kept.
    for (const peer of peers) {
      const waiters = this.waiting.get(peer);
      if (!waiters) continue;
      this.waiting.delete(peer);
      this.waiting.set(peer, waiters);
    }
    return peers;
  }

  private died(peer: string): void {
    const waiters = this.waiting.get(peer);
    if (!waiters) return;
    this.waiting.delete(peer);
    for (const waiter of waiters) waiter.peerDied(peer);
  }
}
