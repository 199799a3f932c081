import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import type { Admitted, CircuitBreakerOptions } from '../../circuit-breaker/index.js';
import { ManualClock } from '../../ground/manual-clock.js';
import type { ClusterCircuitOptions } from '../circuit/cluster-circuit.options.js';
import { CircuitNode, quiet } from './circuit-node.js';
import { RedisServer } from './redis-server.js';

/** How long a circuit stays open unless a test says otherwise. */
export const COOLDOWN_MS = 5_000;

/** A store, a clock, and the instances that a test starts; all ends with it. */
export function circuitCluster() {
  const server = new RedisServer();
  const clock = new ManualClock();
  const nodes: CircuitNode[] = [];

  beforeAll(() => server.start());

  afterAll(() => server.stop());

  beforeEach(async () => {
    await server.start();
    await server.command('FLUSHALL');
  });

  afterEach(async () => {
    server.thaw();
    await Promise.all(nodes.splice(0).map((node) => node.stop()));
  });

  /** Starts instances. */
  async function start(
    count: number,
    options: CircuitBreakerOptions = {},
    shared: ClusterCircuitOptions = {},
  ): Promise<CircuitNode[]> {
    const started = await Promise.all(
      Array.from({ length: count }, () => CircuitNode.start(server.url, clock, options, shared)),
    );
    nodes.push(...started);
    return started;
  }

  /** Starts instances that have been opened together. */
  async function startOpen(
    count: number,
    options: CircuitBreakerOptions = {},
    shared: ClusterCircuitOptions = {},
  ) {
    const all = await start(count, options, shared);
    await all[0]!.fail(2);
    await quiet(all);
    await all[1]!.fail();
    await Promise.all(all.map((node) => node.when('cluster-opened')));
    return all;
  }

  /** Claims the probe of an instance, with the agreement of the others. */
  async function probe(node: CircuitNode): Promise<Admitted> {
    const admission = node.circuit.admit();
    if (!admission.admitted) throw new Error(`refused while ${admission.state}`);
    expect(await admission.permit).toBe(true);
    return admission;
  }

  const states = () => nodes.map(({ circuit }) => circuit.state);
  const sent = () => nodes.flatMap((node) => node.sent);
  return { server, clock, nodes, start, startOpen, probe, states, sent };
}
