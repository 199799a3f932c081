import { channel } from 'node:diagnostics_channel';
import { Logger } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { LogEvent } from '../ground/index.js';
import type { Scheduler } from '../ground/index.js';
import { EventHub } from '../module-options/index.js';
import type { ClusterCircuits } from './circuit/cluster-circuits.js';
import { CLUSTER_CHANNEL } from './cluster.tokens.js';
import type { HeldKey, LeaseCounters, LeaseEvent } from './kernel/index.js';
import type { ClusterLeases } from './lease/cluster-leases.js';
import type { Store, StoreDescription } from './store/store.js';

/** How long the store may take to be reached, or messages to arrive, before that is told. */
const FIRST_CONTACT_MS = 1_000;
/** How old an answer may be about who the members are, in milliseconds. */
const MEMBERS_MS = 5_000;
const DEAF = 'messages of the other instances do not arrive';

/** How the cluster is doing, for health and metrics. */
export interface ClusterHealth {
  /**
   * `degraded`: the store is away, and each process on its own; or messages do not arrive, and the store
   * is asked before each use of what memory holds. Never an error of anybody.
   */
  readonly status: 'up' | 'degraded';
  /** Name of this process among the others. */
  readonly instance: string;
  /** What the store said of itself when it was last met. */
  readonly store?: StoreDescription;
  /** Why it is degraded. */
  readonly reason?: string;
  readonly counters: LeaseCounters;
}

/** An answer of the store, and how long it took. */
export type StoreAnsweredEvent = Extract<LeaseEvent, { readonly type: 'store-answered' }>;

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
  private readonly answers = new EventHub<StoreAnsweredEvent>(channel(CLUSTER_CHANNEL), 'Cluster');
  private description: StoreDescription | undefined;
  /** Why the store is away, from when that was told until it is back. */
  private trouble: string | undefined;
  /** Why messages do not arrive, as far as the store says. */
  private silence: string | undefined;
  private lastMembers: readonly string[] = [];
  private membersAskedAt = -Infinity;
  private deafTold = false;
  private cancelDeaf: (() => void) | undefined;
  private stopListening = (): void => undefined;

  constructor(private readonly parts: ClusterServiceParts) {}

  /** Begins to connect. A store that is away delays nothing. */
  async onModuleInit(): Promise<void> {
    const { store, leases, circuits } = this.parts;
    const tellAnswer = (durationMs: number): void => {
      this.answers.publish({ type: 'store-answered', durationMs });
    };
    const { answers } = this;
    this.stopListening = store.listen({
      get answered() {
        return answers.wanted ? tellAnswer : undefined;
      },
      ready: () => {
        this.tellIfDeaf();
        void this.met();
      },
      down: (reason) => {
        this.lost(reason);
      },
      busLost: (reason) => {
        this.silence = reason;
        this.tellIfDeaf();
      },
      busRestored: () => {
        this.heardAgain();
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
      if (this.parts.store.state !== 'ready')
        this.lost(this.parts.store.downBecause ?? 'not reached yet');
    }, FIRST_CONTACT_MS);
    const stop = this.stopListening;
    this.stopListening = () => {
      cancel();
      stop();
    };
  }

  /** Whether the store answers. */
  get reachesStore(): boolean {
    return this.parts.store.state === 'ready';
  }

  /**
   * Tells `listener` how long each answer of the store took.
   * @returns what ends the listening
   */
  onStoreAnswer(listener: (event: StoreAnsweredEvent) => void): () => void {
    return this.answers.listen(listener);
  }

  /** How the cluster is doing. */
  health(): ClusterHealth {
    const { leases } = this.parts;
    const { instance } = leases;
    const own = { instance, counters: leases.counters() };
    const known = this.description && { store: this.description };
    const reason = this.reason();
    return reason === undefined
      ? { status: 'up', ...own, ...known }
      : { status: 'degraded', ...own, ...known, reason };
  }

  /**
   * The processes of the cluster, as they were when that was last asked for, and a few seconds before at
   * most while it is asked for again and again. None before the first answer, and in a Redis Cluster.
   */
  members(): readonly string[] {
    const { leases, store } = this.parts;
    const now = performance.now();
    if (store.state === 'ready' && now - this.membersAskedAt >= MEMBERS_MS) {
      this.membersAskedAt = now;
      leases.members().then(
        (members) => {
          this.lastMembers = members.sort();
        },
        // What a store that is away knows nobody can tell.
        () => undefined,
      );
    }
    return this.lastMembers;
  }

  /** The keys that this process leads now, the oldest first. */
  leases(): HeldKey[] {
    return this.parts.leases.held();
  }

  /**
   * Requests in progress have been answered by then. What others still wait for is brought to its end,
   * or left to them.
   */
  async onApplicationShutdown(): Promise<void> {
    const { store, leases, circuits, drainMs } = this.parts;
    this.stopListening();
    this.cancelDeaf?.();
    await leases.drain(drainMs);
    leases.close();
    circuits.close();
    await store.close();
  }

  private reason(): string | undefined {
    const { store } = this.parts;
    if (store.state !== 'ready') return store.downBecause ?? this.trouble ?? 'the store is away';
    if (store.hears) return undefined;
    return this.silence === undefined ? DEAF : `${DEAF}: ${this.silence}`;
  }

  /** Once a silence; a connection that is made again at once is none. */
  private tellIfDeaf(): void {
    this.cancelDeaf ??= this.parts.scheduler.schedule(() => {
      this.cancelDeaf = undefined;
      const { store } = this.parts;
      if (this.deafTold || store.hears || store.state !== 'ready') return;
      this.deafTold = true;
      const reason = this.reason() ?? DEAF;
      const words = `${reason}. Until they do, the store is asked before each use of memory`;
      this.logger.warn(new LogEvent('cluster.deaf', words, { reason }));
    }, FIRST_CONTACT_MS);
  }

  private heardAgain(): void {
    this.silence = undefined;
    if (!this.deafTold) return;
    this.deafTold = false;
    const words = 'Messages of the other instances arrive again';
    this.logger.log(new LogEvent('cluster.hears-again', words));
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
    const words = back ? `The store is back (${what})` : `On ${what}, as instance ${instance}`;
    const event = back ? 'cluster.store-back' : 'cluster.joined';
    this.logger.log(new LogEvent(event, words, { store: what, instance }));
    if (!back && evictionPolicy === 'noeviction') {
      const warning =
        'The store evicts nothing (maxmemory-policy noeviction): when it is full, values are shared ' +
        'no longer. Better allkeys-lru';
      this.logger.warn(new LogEvent('cluster.store-evicts-nothing', warning, { evictionPolicy }));
    }
  }

  /** Once an outage. */
  private lost(reason: string): void {
    const told = this.trouble !== undefined;
    this.trouble = reason;
    if (told) return;
    const words = `The store is away (${reason}): each instance is on its own until it is back`;
    this.logger.warn(new LogEvent('cluster.store-lost', words, { reason }));
  }
}
