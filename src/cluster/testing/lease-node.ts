import { randomBytes } from 'node:crypto';
import { systemClock, systemScheduler } from '../../ground/index.js';
import type { Claim, ClaimRequest, Lease, LeaseEvent, LeaseSettings } from '../kernel/index.js';
import { ClusterLeases } from '../lease/cluster-leases.js';
import { parseStoreUrl } from '../store/parse-store-url.js';
import { RedisStore } from '../store/redis-store.js';
import { untilReady } from './until.js';

/** A process of a cluster, as far as its leases are concerned, within the test's own process. */
export class LeaseNode {
  private constructor(
    readonly store: RedisStore,
    readonly leases: ClusterLeases,
    readonly events: readonly LeaseEvent[],
  ) {}

  /** One that takes part. @param address of the store, or the port on which it listens here */
  static async start(
    address: number | string,
    settings: Partial<LeaseSettings> = {},
  ): Promise<LeaseNode> {
    const url = typeof address === 'string' ? address : `redis://127.0.0.1:${address}`;
    const store = new RedisStore(parseStoreUrl(url));
    const events: LeaseEvent[] = [];
    const leases = new ClusterLeases(
      {
        store,
        clock: systemClock,
        scheduler: systemScheduler,
        random: Math.random,
        newId: () => randomBytes(9).toString('base64url'),
        events: { hasSubscribers: true, publish: (event) => void events.push(event) },
      },
      settings,
    );
    await store.open();
    await untilReady(store);
    await leases.start();
    return new LeaseNode(store, leases, events);
  }

  claim(key: string, request: Partial<ClaimRequest> = {}): Promise<Claim> {
    return this.leases.claim({ key, flightTimeoutMs: 10_000, ...request });
  }

  /** Claims a key that nobody has. */
  async lead(key: string, request: Partial<ClaimRequest> = {}): Promise<Lease> {
    const claim = await this.claim(key, request);
    if (claim.kind !== 'lead') throw new Error(`Not led: ${claim.kind}`);
    return claim.lease;
  }

  async stop(): Promise<void> {
    this.leases.close();
    await this.store.close();
  }
}
