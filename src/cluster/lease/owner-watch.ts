import type { Cancel } from '../../ground/index.js';
import { OwnerTally } from '../kernel/index.js';
import type { LeaseSettings, LeaseTelemetry } from '../kernel/index.js';
import type { LeasePorts } from './lease-ports.js';

/** Owners looked at in one go; with more of them, each go looks at the next ones. */
const MAX_LOOK = 256;
/** Looks that must pass after the bus was away before the absence of anybody means something. */
const SETTLING_LOOKS = 2;

/** Whoever waits for an owner. */
export interface OwnerMourner {
  ownerDied(owner: string): void;
}

/**
 * Finds out about processes that died, by whether anybody listens on their channel: within two looks,
 * however many keys they led. Off where that cannot be told: behind proxies and on replicas.
 */
export class OwnerWatch {
  private readonly tally = new OwnerTally();
  private readonly waiting = new Map<string, Set<OwnerMourner>>();
  private cancel: Cancel | undefined;
  private on = false;
  private settlesAt = -Infinity;

  constructor(
    private readonly ports: LeasePorts,
    private readonly settings: LeaseSettings,
    private readonly telemetry: LeaseTelemetry,
    private readonly instance: string,
  ) {}

  /** The channel that only `instance` listens on. */
  channelOf(instance: string): string {
    return `${this.settings.namespace}:{i${instance}}`;
  }

  /** Whether deaths are told at once; otherwise what the dead held has to end by itself. */
  get isOn(): boolean {
    return this.on;
  }

  /** Looks whether this process itself is seen; if not, nobody would be. Never rejects. */
  async selfCheck(): Promise<void> {
    if (this.settings.ownerWatchMs === 0) return;
    let on: boolean;
    try {
      const [own = 0] = await this.ports.store.subscribers([this.channelOf(this.instance)]);
      on = own > 0;
    } catch {
      on = false;
    }
    if (on !== this.on) this.telemetry.ownerWatch(on);
    this.on = on;
    if (on && this.waiting.size > 0) this.arm();
  }

  /** Messages were lost: those who are missing may only not have come back yet. */
  busWasAway(): void {
    this.tally.reset();
    this.settlesAt = this.ports.clock.monotonic() + SETTLING_LOOKS * this.settings.ownerWatchMs;
  }

  add(owner: string, mourner: OwnerMourner): void {
    const mourners = this.waiting.get(owner);
    if (mourners) mourners.add(mourner);
    else this.waiting.set(owner, new Set([mourner]));
    if (this.on) this.arm();
  }

  delete(owner: string, mourner: OwnerMourner): void {
    const mourners = this.waiting.get(owner);
    // What was seen of it stays until the next look: whoever waits asks the store and comes back.
    if (mourners?.delete(mourner) && mourners.size === 0) this.waiting.delete(owner);
  }

  stop(): void {
    this.cancel?.();
    this.cancel = undefined;
    this.tally.reset();
  }

  private arm(): void {
    this.cancel ??= this.ports.scheduler.schedule(() => {
      void this.look();
    }, this.settings.ownerWatchMs);
  }

  private async look(): Promise<void> {
    this.tally.keep((owner) => this.waiting.has(owner));
    if (this.waiting.size === 0) {
      this.cancel = undefined;
      return;
    }
    const owners = this.nextOwners();
    const channels = [this.instance, ...owners].map((instance) => this.channelOf(instance));
    try {
      const [own = 0, ...counts] = await this.ports.store.subscribers(channels);
      const settled = this.ports.clock.monotonic() >= this.settlesAt;
      const seen = new Map(owners.map((owner, index) => [owner, counts[index] ?? 0]));
      for (const owner of this.tally.look(settled ? own : 0, seen)) this.died(owner);
    } catch {
      // A store that does not answer says nothing about anybody.
      this.tally.reset();
    }
    this.cancel = undefined;
    if (this.waiting.size > 0 && this.on) this.arm();
  }

  private nextOwners(): string[] {
    const owners = [...this.waiting.keys()].slice(0, MAX_LOOK);
    if (this.waiting.size <= MAX_LOOK) return owners;
    // Those looked at go to the end. Two looks at each are needed, so their zeros are kept.
    for (const owner of owners) {
      const mourners = this.waiting.get(owner);
      if (!mourners) continue;
      this.waiting.delete(owner);
      this.waiting.set(owner, mourners);
    }
    return owners;
  }

  private died(owner: string): void {
    const mourners = this.waiting.get(owner);
    if (!mourners) return;
    this.waiting.delete(owner);
    for (const mourner of mourners) mourner.ownerDied(owner);
  }
}
