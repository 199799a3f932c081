import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { RedisServer } from '../../src/cluster/testing/redis-server.js';
import { gate } from '../support/gate.js';
import { get } from '../support/http-client.js';
import { programOf } from '../../src/ground/testing/programs.js';
import { ServiceCluster } from '../support/service-cluster.js';
import type { ServiceProcess } from '../support/service-process.js';
import { Stream, times, until } from './gateway-fixture.js';

const REPLICAS = 3;
/** Of each replica. */
const CLIENTS = 10;
const FRESH = { 'Cache-Control': 'max-age=600', ETag: '"1"' };
/** By one name, whichever replica is asked: that is part of the key. */
const NAMED = { Host: 'api.example' };
/** In the order of their values nothing is as before, so that nothing can be exchanged unnoticed. */
const bytes = Buffer.from(
  Uint8Array.from({ length: 2_000_003 }, (_, at) => ((at * 31) ^ (at >> 8)) & 255),
);
const HALF = Math.floor(bytes.length / 2);

let store: RedisServer;
let cluster: ServiceCluster;

beforeAll(async () => {
  programOf('service');
  store = await RedisServer.start();
  cluster = await ServiceCluster.start(REPLICAS, store.url, ({ url }) => ({ PROXY_TO: url }));
});

afterAll(async () => {
  await cluster.stop();
  await store.stop();
});

beforeEach(async () => {
  while (cluster.instances.length < REPLICAS) await cluster.add();
});

const streams: Stream[] = [];
afterEach(() => streams.splice(0).forEach((stream) => stream.leave()));

const countersOf = async (instance: ServiceProcess) =>
  (await cluster.health(instance)).details.counters;

/** Clients of one replica. */
function clientsOf({ port }: ServiceProcess, path: string): Stream[] {
  const clients = times(CLIENTS, () => new Stream(port, path, { headers: NAMED }));
  streams.push(...clients);
  return clients;
}

/**
 * Clients of all replicas, where the first leads, has had half of the body, and the others wait for it.
 */
async function inMidBody(path: string) {
  const [leader, ...others] = cluster.instances as [ServiceProcess, ...ServiceProcess[]];
  const led = clientsOf(leader, path);
  await until(() => led.every(({ body }) => body.length === HALF), 'the first half');
  const waiting: Stream[] = [];
  for (const other of others) {
    const { waits } = await countersOf(other);
    waiting.push(...clientsOf(other, path));
    await until(async () => (await countersOf(other)).waits > waits, 'one that waits');
  }
  // Nobody has told them of what there is so far.
  expect(waiting.map(({ status }) => status)).toEqual(waiting.map(() => 0));
  return { leader, led, waiting };
}

/** All of them have all of it. */
async function expectWhole(clients: readonly Stream[]): Promise<void> {
  for (const client of clients) {
    const { end, status, body } = await client.ended();
    expect([end, status, body.equals(bytes)]).toEqual(['whole', 200, true]);
  }
}

describe.each([
  ['that names its length', false],
  ['in chunks', true],
])('three replicas in front of an API, a stream %s', (_, chunked) => {
  const name = chunked ? 'chunked' : 'sized';

  it('is called for once, and kept for all of them', async () => {
    const rest = gate();
    const path = `/${name}/once`;
    cluster.backend.on(path, { headers: FRESH, bodyGate: rest, body: bytes, chunked });
    const { led, waiting } = await inMidBody(path);
    rest.open();
    await expectWhole([...led, ...waiting]);
    for (const { port } of cluster.instances) {
      const again = await get(port, path, { headers: NAMED });
      expect(again.body.equals(bytes)).toBe(true);
      expect(again.headers['cache-status']).toMatch(/^breakwater; ?hit\b/);
    }
    expect(cluster.backend.calls(path)).toBe(1);
  });

  it('has a successor where its leader is killed in its midst, and nobody takes a part for the whole', async () => {
    const never = gate();
    const path = `/${name}/killed`;
    const whole = { headers: FRESH, body: bytes, chunked };
    cluster.backend.on(path, { ...whole, bodyGate: never }, whole);
    const { leader, led, waiting } = await inMidBody(path);
    await cluster.kill(leader);
    for (const client of led) {
      const { end, body } = await client.ended();
      expect([end, body.length]).toEqual(['cut', HALF]);
    }
    await expectWhole(waiting);
    // One of those who waited has made one call for all of them.
    expect(cluster.backend.calls(path)).toBe(2);
    const late = await cluster.add();
    await expectWhole([
      ...clientsOf(late, path),
      ...cluster.instances.flatMap((it) => clientsOf(it, path)),
    ]);
    expect(cluster.backend.calls(path)).toBe(2);
  });
});
