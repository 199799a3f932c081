import { KeyValueOrigin } from './key-value-origin.js';
import type { PlainBody } from './key-value-origin.js';
import type { Action, Operation } from './register-history.js';
import { SeededRandom } from '../../ground/testing/seeded-random.js';
import { TestNode } from './test-node.js';
import type { PlainMessage } from './test-node.js';

/** What a simulation is made of. Times are milliseconds. */
export interface SimulationOptions {
  readonly seed: number;
  readonly clients: number;
  readonly operationsPerClient: number;
  readonly ttlMs: number;
  readonly originTimeoutMs: number;
  /** Longest way from the node to the origin, or back; messages overtake each other. */
  readonly maxDelayMs: number;
  /** Part of the messages between node and origin that is lost. */
  readonly loss: number;
}

const ORIGIN = 'lin-kv';
const KEYS = ['x', 'y'];
const MAX_CLIENT_DELAY_MS = 3;

/** A client's request that waits for its answer. */
interface Asked {
  readonly key: string;
  readonly from: number;
  readonly body: PlainBody;
}

/**
 * Clients, one node, and an origin, on manual time: everything that happens follows from the seed.
 * Clients ask one thing after the other; the node's links to them are slow, those to the origin slow
 * and lossy.
 */
export class SimulatedNetwork {
  /** What the clients asked and were told, by key. */
  readonly histories = new Map<string, Operation[]>(KEYS.map((key) => [key, []]));
  /** How often the origin was asked to read. */
  originReads = 0;
  /** How many requests ended with error 0. */
  timeouts = 0;

  private readonly random: SeededRandom;
  private readonly origin = new KeyValueOrigin();
  private readonly asked = new Map<string, Asked>();
  private readonly left = new Map<string, number>();
  private inbox: object[] = [];
  private events = 0;
  private written = 0;
  /** A value that somebody read or wrote lately: a cas from it has a chance. */
  private seen = 'nothing';

  private constructor(
    private readonly node: TestNode,
    private readonly options: SimulationOptions,
  ) {
    this.random = new SeededRandom(options.seed);
  }

  /** Runs until every client has been answered everything. */
  static async run(options: SimulationOptions): Promise<SimulatedNetwork> {
    const { ttlMs, originTimeoutMs } = options;
    const node = await TestNode.start({
      TTL_MS: String(ttlMs),
      ORIGIN_TIMEOUT_MS: String(originTimeoutMs),
    });
    const network = new SimulatedNetwork(node, options);
    try {
      await network.play();
    } finally {
      await node.close();
    }
    return network;
  }

  private async play(): Promise<void> {
    const { clients, operationsPerClient } = this.options;
    for (let i = 0; i < clients; i++) {
      this.left.set(`c${i}`, operationsPerClient);
      this.think(`c${i}`);
    }
    for (let turns = 0; this.asked.size > 0 || this.left.size > 0; turns++) {
      if (turns > 100_000) throw new Error('the simulation does not end');
      const written = await this.node.passes(1);
      for (const message of written) this.route(message);
      // One by one: what one line causes may overtake the next.
      for (const line of this.inbox.splice(0)) {
        await this.node.sends(line);
        for (const message of this.node.take()) this.route(message);
      }
    }
  }

  /** A client's next request, after a while. */
  private think(client: string): void {
    const left = this.left.get(client) ?? 0;
    if (left === 0) {
      this.left.delete(client);
      return;
    }
    this.left.set(client, left - 1);
    const key = this.random.pick(KEYS);
    const body = { ...this.drawAction(), key, msg_id: ++this.events };
    this.after(this.random.between(0, 2 * MAX_CLIENT_DELAY_MS), () => {
      this.asked.set(client, { key, body, from: ++this.events });
      this.after(this.random.between(0, MAX_CLIENT_DELAY_MS), () => {
        this.inbox.push({ src: client, dest: 'n1', body });
      });
    });
  }

  private drawAction(): PlainBody {
    const { random } = this;
    if (random.chance(0.6)) return { type: random.pick(['read', 'get']) };
    // Each written value is another one: what is read says which write it comes from.
    const fresh = `v${this.written++}`;
    if (random.chance(0.6)) return { type: 'write', value: fresh };
    return { type: 'cas', from: this.seen, to: fresh, create_if_not_exists: random.chance(0.3) };
  }

  /** What the node wrote goes its way. */
  private route(message: PlainMessage): void {
    if (message.dest !== ORIGIN) {
      this.after(this.random.between(0, MAX_CLIENT_DELAY_MS), () => this.answer(message));
      return;
    }
    const { loss, maxDelayMs } = this.options;
    if (this.random.chance(loss)) return;
    this.after(this.random.between(1, maxDelayMs), () => {
      if (message.body.type === 'read') this.originReads++;
      const reply = this.origin.apply(message.body);
      if (this.random.chance(loss)) return;
      this.after(this.random.between(1, maxDelayMs), () => {
        const body = { ...reply, in_reply_to: message.body['msg_id'] };
        this.inbox.push({ src: ORIGIN, dest: 'n1', body });
      });
    });
  }

  private answer({ dest: client, body }: PlainMessage): void {
    const asked = this.asked.get(client);
    if (asked?.body['msg_id'] !== body['in_reply_to']) throw new Error('answered twice');
    this.asked.delete(client);
    if (typeof body['value'] === 'string') this.seen = body['value'];
    const unknown = body['code'] === 0;
    if (unknown) this.timeouts++;
    const action = actionOf(asked!.body, body);
    const to = unknown ? Infinity : ++this.events;
    if (action) this.histories.get(asked!.key)?.push({ from: asked!.from, to, action });
    this.think(client);
  }

  private after(ms: number, task: () => void): void {
    this.node.clock.schedule(task, ms);
  }
}

/** What a request and its answer say about the register; `undefined` where they say nothing. */
function actionOf(asked: PlainBody, told: PlainBody): Action | undefined {
  const code = told.type === 'error' ? told['code'] : undefined;
  switch (asked.type) {
    case 'read':
    case 'get':
      if (code === 20) return { kind: 'read', saw: undefined };
      return code === undefined ? { kind: 'read', saw: told['value'] as string } : undefined;
    case 'write':
      return { kind: 'write', value: asked['value'] as string };
    default: {
      const { from, to, create_if_not_exists: create } = asked as Record<string, unknown>;
      const outcome = code === 22 ? 'different' : code === 20 ? 'missing' : 'done';
      return {
        kind: 'cas',
        from: from as string,
        to: to as string,
        create: create as boolean,
        outcome,
      };
    }
  }
}
