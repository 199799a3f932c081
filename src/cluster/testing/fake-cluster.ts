import { ManualClock } from '../../ground/manual-clock.js';
import type {
  Claim,
  ClaimRequest,
  Invalidation,
  Lease,
  LeaseEvent,
  LeaseSettings,
} from '../kernel/index.js';
import { ClusterLeases } from '../lease/cluster-leases.js';
import { FakeRedis } from './fake-redis.js';
import { FakeStore } from './fake-store.js';

/** A claim and how it stands. */
export interface Watched {
  claim?: Claim;
  error?: unknown;
}

/** A process of a {@link FakeCluster}. */
export class FakeNode {
  readonly events: LeaseEvent[] = [];
  readonly heard: Invalidation[] = [];
  readonly logged: string[] = [];
  readonly leases: ClusterLeases;

  constructor(
    readonly store: FakeStore,
    name: string,
    clock: ManualClock,
    settings: Partial<LeaseSettings>,
  ) {
    let ids = 0;
    this.leases = new ClusterLeases(
      {
        store,
        clock,
        scheduler: clock,
        random: () => 0,
        newId: () => (ids++ === 0 ? name : `${name}${ids}`),
        events: { hasSubscribers: true, publish: (event) => void this.events.push(event) },
        log: {
          warn: (line) => void this.logged.push(`warn: ${String(line)}`),
          log: (line) => void this.logged.push(`log: ${String(line)}`),
        },
      },
      settings,
    );
    this.leases.onInvalidation((invalidation) => void this.heard.push(invalidation));
  }

  /** Claims, and notes what comes of it. */
  claim(key = 'k', request: Partial<ClaimRequest> = {}): Watched {
    const watched: Watched = {};
    this.leases.claim({ key, flightTimeoutMs: 60_000, ...request }).then(
      (claim) => (watched.claim = claim),
      (error: unknown) => (watched.error = error),
    );
    return watched;
  }

  /** Claims a key that nobody has. */
  async lead(key = 'k', request: Partial<ClaimRequest> = {}): Promise<Lease> {
    return leaseOf(await this.leases.claim({ key, flightTimeoutMs: 60_000, ...request }));
  }
}

/** Processes over one model of a store, on manual time. */
export class FakeCluster {
  readonly clock = new ManualClock();
  readonly redis = new FakeRedis(this.clock);
  readonly nodes: FakeNode[] = [];

  private constructor(private readonly settings: Partial<LeaseSettings>) {}

  static async start(count = 2, settings: Partial<LeaseSettings> = {}): Promise<FakeCluster> {
    const cluster = new FakeCluster(settings);
    for (let index = 0; index < count; index++) {
      await cluster.join();
      // The first one asks those who know the epochs, and there are none.
      if (index === 0) await cluster.pass(500);
    }
    return cluster;
  }

  async join(settings = this.settings): Promise<FakeNode> {
    const name = String.fromCharCode(65 + this.nodes.length);
    const node = new FakeNode(new FakeStore(this.redis), name, this.clock, settings);
    this.nodes.push(node);
    await node.leases.start();
    return node;
  }

  /** Lets everything that is due happen, without time passing. */
  async settle(): Promise<void> {
    for (let i = 0; i < 40; i++) await Promise.resolve();
  }

  /** Lets time pass, in steps small enough for answers to be acted upon in time. */
  async pass(ms: number, step = 10): Promise<void> {
    await this.settle();
    for (let passed = 0; passed < ms; passed += step) {
      this.clock.advance(Math.min(step, ms - passed));
      await this.settle();
    }
  }
}

export function leaseOf(claim: Claim | undefined): Lease {
  if (claim?.kind !== 'lead') throw new Error(`Not led: ${claim?.kind ?? 'pending'}`);
  return claim.lease;
}

export function payloadOf(claim: Claim | undefined): string | undefined {
  if (claim?.kind === 'value') return claim.value.payload?.toString();
  return claim?.kind === 'outcome' ? claim.payload.toString() : undefined;
}
