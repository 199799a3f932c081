import type { Cancel } from '../../ground/index.js';
import { HeldLease } from './held-lease.js';
import type { Grant } from './held-lease.js';
import type { LeaseContext } from './lease-context.js';
import type { ClaimRequest } from './leases.js';

/** Share of a lease after which its leader gives signs of life: most calls end before. */
const YOUNG = 4;

/** A key that this process leads. */
export interface HeldKey {
  /** Unambiguous, the name of coalescer or cache included. It may be confidential. */
  readonly key: string;
  /** Name by which it can be purged together with others; empty where it has none. */
  readonly name: string;
  /** Since the claim, in milliseconds. */
  readonly heldMs: number;
}

/** What this process leads, and the heartbeats of what takes long. */
export class HeldLeases {
  private readonly byHash = new Map<string, Set<HeldLease>>();
  private count = 0;
  private cancel: Cancel | undefined;
  private idle: (() => void) | undefined;

  constructor(private readonly context: LeaseContext) {}

  get size(): number {
    return this.count;
  }

  /** This process has been given a key. */
  add(request: ClaimRequest, grant: Grant): HeldLease {
    const lease = new HeldLease(request, grant, this.context, (ended) => this.delete(ended));
    const leases = this.byHash.get(lease.hash);
    if (leases) leases.add(lease);
    else this.byHash.set(lease.hash, new Set([lease]));
    this.count++;
    this.context.telemetry.led(lease.hash, lease.token);
    this.arm();
    return lease;
  }

  /** What is led, the oldest first. */
  list(): HeldKey[] {
    const now = this.context.clock.monotonic();
    return [...this.all()]
      .map(({ request, since }) => {
        const { key, name = '' } = request;
        return { key, name, heldMs: now - since };
      })
      .sort((a, b) => b.heldMs - a.heldMs);
  }

  /** Asserts all leases at once: the store may have lost them. */
  assertAll(): void {
    for (const lease of this.all()) this.extend(lease);
  }

  /** Asserts the leases of one key. */
  assert(hash: string): void {
    for (const lease of this.byHash.get(hash) ?? []) this.extend(lease);
  }

  /** Somebody waits for a flight of a key. */
  awaited(hash: string): void {
    for (const lease of this.byHash.get(hash) ?? []) lease.isAwaited = true;
  }

  /** Something newer than `token` is known of a key. */
  overtaken(hash: string, token: number): void {
    for (const lease of this.byHash.get(hash) ?? []) if (lease.token < token) lease.lose();
  }

  /** A name was purged; `undefined` for all of them. */
  purged(name: string | undefined): void {
    for (const lease of this.all()) {
      if (name === undefined || lease.request.name === name) lease.lose();
    }
  }

  /** A tag was invalidated: what is being fetched with it, since before that, is given up. */
  tagged(tag: string, token: number): void {
    for (const lease of this.all()) {
      if (lease.token <= token && lease.request.tags?.includes(tag)) lease.surrender();
    }
  }

  /** Resolves when nothing is led any more. */
  async whenIdle(): Promise<void> {
    if (this.count === 0) return;
    await new Promise<void>((resolve) => {
      this.idle = resolve;
    });
  }

  /** Gives back everything that is led, at once. */
  async releaseAll(): Promise<void> {
    await Promise.all([...this.all()].map((lease) => lease.release('gave-up')));
  }

  close(): void {
    this.cancel?.();
    this.cancel = undefined;
  }

  private delete(lease: HeldLease): void {
    const leases = this.byHash.get(lease.hash);
    if (!leases?.delete(lease)) return;
    if (leases.size === 0) this.byHash.delete(lease.hash);
    this.count--;
    if (this.count > 0) return;
    this.close();
    this.idle?.();
  }

  private *all(): Iterable<HeldLease> {
    for (const leases of this.byHash.values()) yield* leases;
  }

  private arm(): void {
    this.cancel ??= this.context.scheduler.schedule(() => {
      this.cancel = undefined;
      this.beat();
      if (this.count > 0) this.arm();
    }, this.context.settings.heartbeatMs);
  }

  private beat(): void {
    const { clock, settings } = this.context;
    const now = clock.monotonic();
    // One command a lease, all in one go: in a Redis Cluster each lies somewhere else.
    for (const lease of this.all()) {
      const age = now - lease.since;
      // A call that hangs for ever must not hold its key for ever.
      if (age > settings.leaseMs / YOUNG && age <= lease.request.flightTimeoutMs)
        this.extend(lease);
    }
  }

  private extend(lease: HeldLease): void {
    if (lease.lost) return;
    const { store, telemetry, clock } = this.context;
    const sentAt = clock.monotonic();
    store.extend(lease).then(
      (answer) => {
        if (answer === 'lost') {
          lease.lose();
          return;
        }
        lease.confirm(sentAt);
        if (answer === 'reasserted') telemetry.of('reasserted', lease.hash, lease.token);
      },
      () => {
        // Tried again by the next heartbeat, or as soon as the store is back.
      },
    );
  }
}
