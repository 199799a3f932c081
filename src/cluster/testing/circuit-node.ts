import { setTimeout as sleep } from 'node:timers/promises';
import { CircuitBreaker } from '../../circuit-breaker/index.js';
import type {
  CircuitBreakerOptions,
  CircuitTransition,
  TransitionSink,
} from '../../circuit-breaker/index.js';
import { systemClock, systemScheduler } from '../../ground/index.js';
import type { Clock } from '../../ground/index.js';
import { ClusterCircuits } from '../circuit/cluster-circuits.js';
import { LeaseTelemetry, PeerWatch, resolveLeaseSettings } from '../kernel/index.js';
import { LeaseCommands } from '../lease/lease-commands.js';
import type { ClusterCircuitOptions } from '../circuit/cluster-circuit.options.js';
import { parseStoreUrl } from '../store/parse-store-url.js';
import { RedisStore } from '../store/redis-store.js';
import { heard, untilReady } from './until.js';

let nodes = 0;

/** An instance of a cluster, as far as its circuits are concerned, within the test's own process. */
export class CircuitNode implements TransitionSink {
  readonly wanted = true;
  readonly instance = `node-${(nodes += 1)}`;
  readonly transitions: CircuitTransition[] = [];
  readonly circuits: ClusterCircuits;
  readonly owners: PeerWatch;
  readonly commands: LeaseCommands;
  readonly circuit: CircuitBreaker;
  /** Scripts that were sent to the store. */
  readonly sent: string[] = [];
  private wake: () => void = () => undefined;

  private constructor(
    readonly store: RedisStore,
    clock: Clock,
    options: CircuitBreakerOptions,
    shared: ClusterCircuitOptions,
  ) {
    const run = store.run.bind(store);
    store.run = (script, keys, args) => {
      this.sent.push(script.name);
      return run(script, keys, args);
    };
    const { instance } = this;
    const events = { hasSubscribers: false, publish: () => undefined };
    const scheduler = systemScheduler;
    const settings = resolveLeaseSettings();
    this.commands = new LeaseCommands(store, settings, instance);
    this.owners = new PeerWatch({
      ...{ store: this.commands, settings, scheduler, clock: systemClock },
      ...{ random: () => 0.5, newId: () => '', telemetry: new LeaseTelemetry(events) },
    });
    const around = { store, clock: systemClock, scheduler, instance, owners: this.owners };
    this.circuits = new ClusterCircuits(around, shared);
    const ports = { clock, random: () => 0.5, transitions: this, shared: this.circuits };
    this.circuit = new CircuitBreaker('payments', options, ports);
  }

  /** One that takes part. */
  static async start(
    url: string,
    clock: Clock,
    options: CircuitBreakerOptions = {},
    shared: ClusterCircuitOptions = {},
  ): Promise<CircuitNode> {
    const node = new CircuitNode(new RedisStore(parseStoreUrl(url)), clock, options, shared);
    const bus = heard(node.store, 'busRestored');
    await node.circuits.start();
    await node.store.echo(node.commands.channelOf(node.instance));
    await node.store.open();
    await untilReady(node.store);
    await bus;
    await node.owners.selfCheck();
    return node;
  }

  publish(transition: CircuitTransition): void {
    this.transitions.push(transition);
    this.wake();
  }

  /** Reasons of the transitions, in order. */
  get reasons(): string[] {
    return this.transitions.map(({ reason }) => reason);
  }

  /** Resolves when the last transition has been `reason`. */
  async when(reason: CircuitTransition['reason']): Promise<void> {
    while (this.reasons.at(-1) !== reason) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  /** Makes a call that fails, of which the circuit hears. */
  async fail(times = 1): Promise<void> {
    for (let call = 0; call < times; call += 1) {
      await this.circuit.execute(() => Promise.reject(new Error('down'))).catch(() => undefined);
    }
  }

  async succeed(): Promise<unknown> {
    return this.circuit.execute(() => 'fine').catch((error: unknown) => error);
  }

  async stop(): Promise<void> {
    this.circuits.close();
    this.owners.stop();
    await this.store.close();
  }
}

/** Resolves when everything that the nodes have sent has been run, and everything told been heard. */
export async function quiet(nodes: readonly CircuitNode[]): Promise<void> {
  let before: number;
  do {
    before = commandsOf(nodes);
    for (const { store } of nodes) await store.describe();
    const [first] = nodes;
    const marks = nodes.map(({ store }) => nextMessage(store));
    await Promise.all(marks.map(({ subscribed }) => subscribed));
    await first?.store.publish('bw1:circuits', 'mark');
    await Promise.all(marks.map(({ arrived }) => arrived));
    await sleep(0);
  } while (before !== commandsOf(nodes));
}

function commandsOf(nodes: readonly CircuitNode[]): number {
  return nodes.reduce((sum, { sent }) => sum + sent.length, 0);
}

function nextMessage(store: RedisStore) {
  let subscribed: Promise<void> = Promise.resolve();
  const arrived = new Promise<void>((resolve) => {
    subscribed = store.subscribe('bw1:circuits', (message) => {
      if (message.toString() === 'mark') resolve();
    });
  });
  return { subscribed, arrived };
}
