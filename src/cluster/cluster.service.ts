import { Logger } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import type { Scheduler } from '../clock/index.js';
import type { ClusterCircuits } from './circuit/cluster-circuits.js';
import type { LeaseCounters } from './kernel/index.js';
import type { ClusterLeases } from './lease/cluster-leases.js';
import type { Store, StoreDescription } from './store/store.js';

/** How long the store may take to be reached for the first time before that is told. */
const FIRST_CONTACT_MS = 1_000;

/** How the cluster is doing, for health and metrics. */
export interface ClusterHealth {
  /** `degraded`: the store is away, and each process on its own. Never an error of anybody. */
  readonly status: 'up' | 'degraded';
  /** Name of this process among the others. */
  readonly instance: string;
  /** What the store said of itself when it was last met. */
  readonly store?: StoreDescription;
  /** Why it is degraded. */
  readonly reason?: string;
  readonly counters: LeaseCounters;
}

/** What the service is made of. */
export interface ClusterServiceParts {
  readonly store: Store & { open?(): Promise<void> };
  readonly leases: ClusterLeases;
  readonly circuits: ClusterCircuits;
  readonly drainMs: number;
  readonly scheduler: Scheduler;
}

/** This process's membership in the cluster, from start to shutdown. */
export class ClusterService implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Cluster');
  private description: StoreDescription | undefined;
  /** Why the store is away, from when that was told until it is back. */
  private trouble: string | undefined;
  private stopListening = (): void => undefined;

  constructor(private readonly parts: ClusterServiceParts) {}

  /** Begins to connect. A store that is away delays nothing. */
  async onModuleInit(): Promise<void> {
    const { store, leases, circuits } = this.parts;
    this.stopListening = store.listen({
      ready: () => void this.met(),
      down: (reason) => {
        this.lost(reason);
      },
    });
    // It may be open already, and then says nothing.
    if (store.state === 'ready') void this.met();
    await store.open?.();
    await leases.start();
    await circuits.start();
  }

  /** Connecting takes a moment, and that alone is no news. */
  onApplicationBootstrap(): void {
    const cancel = this.parts.scheduler.schedule(() => {
      if (this.parts.store.state !== 'ready') this.lost('not reached yet');
    }, FIRST_CONTACT_MS);
    const stop = this.stopListening;
    this.stopListening = () => {
      cancel();
      stop();
    };
  }

  /** How the cluster is doing. */
  health(): ClusterHealth {
    const { store, leases } = this.parts;
    const { instance } = leases;
    const own = { instance, counters: leases.counters() };
    const known = this.description && { store: this.description };
    return store.state === 'ready'
      ? { status: 'up', ...own, ...known }
      : { status: 'degraded', ...own, ...known, reason: this.trouble ?? 'the store is away' };
  }

  /**
   * Requests in progress have been answered by then. What others still wait for is brought to its end,
   * or left to them.
   */
  async onApplicationShutdown(): Promise<void> {
    const { store, leases, circuits, drainMs } = this.parts;
    this.stopListening();
    await leases.drain(drainMs);
    leases.close();
    circuits.close();
    await store.close();
  }

  private async met(): Promise<void> {
    const back = this.description !== undefined && this.trouble !== undefined;
    this.trouble = undefined;
    try {
      this.description = await this.parts.store.describe();
    } catch {
      // Gone again: that is told by itself.
      return;
    }
    const { engine, version, mode, evictionPolicy } = this.description;
    const { instance } = this.parts.leases;
    const what = `${engine} ${version}, ${mode}`;
    this.logger.log(back ? `The store is back (${what})` : `On ${what}, as instance ${instance}`);
    if (!back && evictionPolicy === 'noeviction') {
      this.logger.warn(
        'The store evicts nothing (maxmemory-policy noeviction): when it is full, values are shared ' +
          'no longer. Better allkeys-lru',
      );
    }
  }

  /** Once an outage. */
  private lost(reason: string): void {
    const told = this.trouble !== undefined;
    this.trouble = reason;
    if (told) return;
    this.logger.warn(`The store is away (${reason}): each instance is on its own until it is back`);
  }
}
