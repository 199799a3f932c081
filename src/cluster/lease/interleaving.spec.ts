import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FakeCluster } from '../testing/fake-cluster.js';
import type { FakeNode, Watched } from '../testing/fake-cluster.js';
import { parseBusMessage } from '../kernel/index.js';
import { decodeFrame } from './frame.js';

const NODES = 3;
/** What may happen next, to one of the processes; chosen by chance, shrunk to what is needed. */
const EVENTS = [
  'claim',
  'deliver',
  'deliver',
  'answer',
  'answer',
  'hear',
  'publish',
  'settle',
  'release',
  'invalidate',
  'lose message',
  'disconnect',
  'reconnect',
  'lose answers',
  'lose bus',
  'restore bus',
  'flush',
  'pass little',
  'pass much',
] as const;

type Step = readonly [event: (typeof EVENTS)[number], node: number];

/** One history of a cluster, in which every command and message arrives when the steps say so. */
class History {
  private readonly claims: { node: FakeNode; watched: Watched }[] = [];
  private readonly ended = new Set<Watched>();
  /** Token of the value that was stored last, and of the last invalidation that the store ran. */
  private accepted = 0;
  private invalidated = 0;
  private flushed = false;

  private constructor(private readonly cluster: FakeCluster) {
    cluster.redis.subscribe('bw1:bus', (message) => {
      const said = parseBusMessage(message.toString());
      if (said?.kind === 'invalidated') this.invalidated = said.token;
    });
  }

  static async start(): Promise<History> {
    const cluster = await FakeCluster.start(NODES);
    await cluster.settle();
    for (const node of cluster.nodes) node.store.stepped = true;
    return new History(cluster);
  }

  async play(steps: readonly Step[]): Promise<void> {
    for (const [event, index] of steps) {
      const node = this.cluster.nodes[index];
      if (node) this.happen(event, node);
      await this.cluster.settle();
      this.check();
    }
    await this.calmDown();
  }

  private happen(event: Step[0], node: FakeNode): void {
    const { store } = node;
    switch (event) {
      case 'claim':
        this.claims.push({ node, watched: node.claim() });
        break;
      case 'deliver':
        store.deliver();
        break;
      case 'answer':
        store.answer();
        break;
      case 'hear':
        store.hear();
        break;
      case 'lose message':
        store.loseMessage();
        break;
      case 'publish':
      case 'settle':
      case 'release':
        this.endFlight(node, event);
        break;
      case 'invalidate':
        void node.leases.invalidate('k');
        break;
      case 'disconnect':
        if (store.state === 'ready') store.disconnect();
        break;
      case 'lose answers':
        if (store.state === 'ready') store.disconnect('the connection was lost', 'answers');
        break;
      case 'reconnect':
        if (store.state === 'down') store.reconnect();
        break;
      case 'lose bus':
        store.loseBus();
        break;
      case 'restore bus':
        store.loseBus();
        store.restoreBus();
        break;
      case 'flush':
        this.cluster.redis.flush();
        this.flushed = true;
        break;
      case 'pass little':
        this.cluster.clock.advance(30);
        break;
      case 'pass much':
        this.cluster.clock.advance(1_700);
        break;
    }
  }

  private endFlight(node: FakeNode, how: 'publish' | 'settle' | 'release'): void {
    const led = this.claims.find(
      (each) =>
        each.node === node && each.watched.claim?.kind === 'lead' && !this.ended.has(each.watched),
    );
    if (led?.watched.claim?.kind !== 'lead') return;
    this.ended.add(led.watched);
    const { lease } = led.watched.claim;
    const payload = Buffer.from('answer');
    if (how === 'publish') void lease.publish(payload, { freshMs: 0, keepMs: 50_000 });
    else if (how === 'settle') void lease.settle(payload);
    else void lease.release('gave-up');
  }

  /** What holds after every step. */
  private check(): void {
    const { redis, clock } = this.cluster;
    for (const { watched } of this.claims) expect(watched.error).toBeUndefined();
    const stored = redis.find(':v2');
    const frame = stored && decodeFrame(stored, 0);
    if (this.flushed) {
      this.accepted = frame?.token ?? 0;
      this.invalidated = 0;
      this.flushed = false;
    } else if (frame) {
      expect(frame.token).toBeGreaterThanOrEqual(this.accepted);
      this.accepted = frame.token;
    }
    // An invalidation that the store has run is in force from that moment on.
    if (frame) expect(frame.token).toBeGreaterThan(this.invalidated);
    const waiting = this.claims.filter(({ watched }) => !watched.claim);
    const moving = this.cluster.nodes.some(
      ({ store }) => store.onTheWay.length + store.answers > 0,
    );
    if (waiting.length > 0 && !moving) expect(clock.pending).toBeGreaterThan(0);
  }

  /** Everything works again: every claim settles, and one more works as if nothing had been. */
  private async calmDown(): Promise<void> {
    for (const { store } of this.cluster.nodes) {
      store.stepped = false;
      while (store.onTheWay.length + store.answers > 0) {
        store.deliver();
        store.answer();
        await this.cluster.settle();
      }
      while (store.unheard > 0) store.hear();
      if (store.state === 'down') store.reconnect();
      store.loseBus();
      store.restoreBus();
    }
    for (let round = 0; round < 60; round++) {
      await this.cluster.pass(1_000, 250);
      for (const node of this.cluster.nodes) this.endFlight(node, 'publish');
    }
    for (const { watched } of this.claims) expect(watched.claim).toBeDefined();
    for (const node of this.cluster.nodes) {
      expect(node.leases.counters()).toMatchObject({ claiming: 0, leading: 0 });
    }
  }
}

const step = fc.tuple(fc.constantFrom(...EVENTS), fc.nat(NODES - 1));

describe('whatever happens in whatever order', () => {
  it('tokens grow, what was invalidated stays void, and every claim ends', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 80 }), async (steps) => {
        await (await History.start()).play(steps);
      }),
      { numRuns: Number(process.env['LEASE_RUNS'] ?? 100) },
    );
  }, 180_000);
});
