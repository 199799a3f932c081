import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Redis } from 'ioredis';
import { RedisServer } from '../src/cluster/testing/redis-server.js';
import { connectionsReach } from './support/connections.js';
import { gate } from './support/gate.js';
import { get, start, type PendingReply, type Reply } from './support/http-client.js';
import { LoadBalancer, type LoadBalancerName } from './support/load-balancer.js';
import { ScriptedBackend } from './support/scripted-backend.js';
import { ServiceCluster } from './support/service-cluster.js';
import { programOf } from '../src/ground/testing/programs.js';
import { ServiceProcess } from './support/service-process.js';

// A busy machine is no failure; what hangs is named by its own barrier long before.
jest.setTimeout(180_000);

const BALANCERS: readonly LoadBalancerName[] = ['nginx', 'haproxy'];
const PASSWORD = 'of-this-test';
/** Calls wait at a gate for as long as a busy machine needs to bring all requests there. */
const PATIENT = { BACKEND_TIMEOUT_MS: '60000' };
const KEYS = Array.from({ length: 200 }, (_, i) => `key${i}`);

/** What a script of the cluster's calls, wherever it is. */
const SCRIPT_FOLDERS = ['src/cluster/lease/scripts', 'src/cluster/circuit/scripts'];
/** What is sent to the store besides what scripts call. */
const SENT = 'hello auth ping eval evalsha subscribe pubsub|numsub'.split(' ');

const portsOf = (replicas: readonly ServiceProcess[]) => replicas.map(({ port }) => port);

let backend: ScriptedBackend;
const balancers: LoadBalancer[] = [];

beforeAll(() => void programOf('service'), 90_000);

/** A load balancer with no connection to any replica yet. */
async function balance(
  name: LoadBalancerName,
  replicas: readonly ServiceProcess[],
): Promise<LoadBalancer> {
  await connectionsReach(portsOf(replicas), 0);
  return startBalancer(name, replicas);
}

async function startBalancer(
  name: LoadBalancerName,
  replicas: readonly ServiceProcess[],
): Promise<LoadBalancer> {
  const balancer = await LoadBalancer.start(name, portsOf(replicas));
  balancers.push(balancer);
  return balancer;
}

afterEach(async () => {
  await Promise.all(balancers.splice(0).map((balancer) => balancer.stop()));
});

/** Waits until the replicas have taken in so many requests that came through the load balancer. */
async function arrived(replicas: readonly ServiceProcess[], count: number): Promise<void> {
  await connectionsReach(portsOf(replicas), count);
  // A round trip later, whatever was read before has become part of a flight.
  await Promise.all(replicas.map(({ port }) => get(port, '/health/live')));
}

async function expectAll200(pending: readonly PendingReply[]): Promise<Reply[]> {
  const replies = await Promise.all(pending.map(({ reply }) => reply));
  expect([...new Set(replies.map(({ status }) => status))]).toEqual([200]);
  return replies;
}

/** How many of the requests each replica has answered. */
async function shares(
  replicas: readonly ServiceProcess[],
  requestIds: readonly string[],
): Promise<number[]> {
  for (const deadline = Date.now() + 40_000; ;) {
    const counts = replicas.map(({ stdout }) => {
      return requestIds.filter((id) => stdout.includes(`"${id}"`)).length;
    });
    if (counts.reduce((sum, count) => sum + count) === requestIds.length) return counts;
    // A line of the log is out a moment after the answer.
    if (Date.now() > deadline) throw new Error(`not all of them were logged: ${counts.join()}`);
    await get(replicas[0]!.port, '/health/live');
  }
}

describe.each(BALANCERS)('%s with the example configuration', (name) => {
  it('finds nothing to complain about in it', async () => {
    expect(await LoadBalancer.verdictOn(name)).toBe('');
  });
});

describe('three replicas with no store', () => {
  const replicas: ServiceProcess[] = [];

  beforeAll(async () => {
    backend = await ScriptedBackend.start();
    // One after the other: a start takes a core to itself.
    for (let i = 0; i < 3; i++) {
      replicas.push(await ServiceProcess.start({ BACKEND_URL: backend.url, ...PATIENT }));
    }
  }, 180_000);

  afterAll(async () => {
    await Promise.all(replicas.splice(0).map((replica) => replica.kill()));
    await backend.down();
  });

  it.each(BALANCERS)(
    'tell nobody outside what the service says of itself, behind %s',
    async (name) => {
      const { port } = await balance(name, replicas);
      for (const path of ['/health', '/health/', '/HEALTH', '/health?x', '/metrics', '/Metrics/']) {
        expect((await get(port, path)).status).toBe(404);
        expect((await get(replicas[0]!.port, path)).status).toBe(200);
      }
      expect((await get(port, '/admin/ui')).status).toBe(404);
      for (const path of ['/health/live', '/health/ready']) {
        expect((await get(port, path)).status).toBe(200);
      }
    },
  );

  it.each(BALANCERS)('make one call of 300 requests for one key, behind %s', async (name) => {
    const { port } = await balance(name, replicas);
    const held = gate();
    const hot = `hot-${name}`;
    backend.on(hot, { gate: held });
    const pending = Array.from({ length: 300 }, () => start(port, `/api/data/${hot}`));
    await arrived(replicas, 300);
    held.open();
    await expectAll200(pending);
    expect(backend.calls(hot)).toBe(1);
  });

  it.each(BALANCERS)(
    'make 200 calls of three requests for each of 200 keys, behind %s',
    async (name) => {
      const { port } = await balance(name, replicas);
      const held = gate();
      for (const key of KEYS) backend.on(key, { gate: held });
      const before = backend.total;
      const pending = [1, 2, 3].flatMap(() => KEYS.map((key) => start(port, `/api/data/${key}`)));
      await arrived(replicas, pending.length);
      held.open();
      await expectAll200(pending);
      expect(backend.total - before).toBe(KEYS.length);
    },
  );

  it.each(BALANCERS)(
    'get one coalescer on one of them, whatever the path, and others by path, behind %s',
    async (name) => {
      const { port } = await balance(name, replicas);
      const send = async (kind: string, headers: Record<string, string> = {}) => {
        const ids = KEYS.slice(0, 60).map((key) => `${name}-${kind}-${key}`);
        await expectAll200(
          ids.map((id) =>
            start(port, `/api/data/${id}`, { headers: { ...headers, 'X-Request-Id': id } }),
          ),
        );
        return shares(replicas, ids);
      };
      const ofOne = await send('named', { 'X-Coalescer-Name': 'products%3Aeu' });
      expect(ofOne.toSorted((a, b) => a - b)).toEqual([0, 0, 60]);
      for (const share of await send('unnamed')) expect(share).toBeGreaterThan(0);
    },
  );

  // The last one: two of the replicas are gone then.
  it('answer every request although two of three leave within two seconds, behind both at once', async () => {
    const ports = [];
    for (const name of BALANCERS) ports.push((await startBalancer(name, replicas)).port);
    const statuses = new Map(ports.map((port) => [port, new Set<number>()]));
    let asking = true;
    let asked = 0;
    const ask = async (port: number): Promise<void> => {
      while (asking) {
        const { status } = await get(port, `/api/data/leave-${asked++}`);
        statuses.get(port)!.add(status);
      }
    };
    const askers = ports.flatMap((port) => Array.from({ length: 8 }, () => ask(port)));
    const [first, second, third] = replicas;
    first!.signal('SIGTERM');
    await first!.exited;
    second!.signal('SIGTERM');
    await second!.exited;
    // Whatever the load balancers think of them now, the third alone answers.
    const until = asked + 400;
    while (asked < until) await get(third!.port, '/health/live');
    asking = false;
    await Promise.all(askers);
    expect([...statuses.values()].map((each) => [...each])).toEqual(BALANCERS.map(() => [200]));
  });
});

/** The user of the replicas, as the example has it. */
function exampleUser(): string {
  const lines = readFileSync('deploy/valkey/users.acl', 'utf8').split('\n');
  return lines.find((line) => line.startsWith('user breakwater '))!;
}

describe('the user of the example store', () => {
  it('may call what the scripts call and what is sent, and nothing else', () => {
    const granted = exampleUser().matchAll(/ \+(\S+)/g);
    const called = SCRIPT_FOLDERS.flatMap((folder) =>
      readdirSync(folder).flatMap((file) => [
        ...readFileSync(join(folder, file), 'utf8').matchAll(/redis\.p?call\('(\w+)'/g),
      ]),
    );
    const needed = [...called.map(([, name]) => name!.toLowerCase()), ...SENT];
    expect([...granted].map(([, name]) => name).toSorted()).toEqual(
      [...new Set(needed)].toSorted(),
    );
  });
});

describe('replicas behind a load balancer, with a store', () => {
  let store: RedisServer;
  let cluster: ServiceCluster;

  beforeAll(async () => {
    store = await RedisServer.start({
      acl: [exampleUser().replace('>change-me', `>${PASSWORD}`)],
    });
    const url = store.url.replace('://', `://breakwater:${PASSWORD}@`);
    cluster = await ServiceCluster.start(4, url, PATIENT);
    backend = cluster.backend;
  }, 180_000);

  afterAll(async () => {
    await cluster.stop();
    await store.stop();
  });

  it('become four by a reload of nginx in mid-flight, at the cost of no call and no failed request', async () => {
    const { instances } = cluster;
    const nginx = await balance('nginx', instances.slice(0, 3));
    const held = gate();
    for (const key of KEYS) backend.on(key, { gate: held });
    const before = backend.total;
    const sendAll = (round: string) =>
      KEYS.map((key) =>
        start(nginx.port, `/api/data/${key}`, {
          headers: { 'X-Request-Id': `${round}-${key}` },
        }),
      );
    const pending = sendAll('three');
    await backend.waitForTotal(before + KEYS.length);

    nginx.reload(portsOf(instances));
    // Until no worker of before accepts any more: then a path of the fourth's is the fourth's each time.
    for (let probe = 0; ; probe++) {
      const ids = Array.from({ length: 20 }, (_, i) => `probe-${probe}-${i}`);
      await expectAll200(
        ids.map((id) =>
          start(nginx.port, `/health/live?${probe}`, { headers: { 'X-Request-Id': id } }),
        ),
      );
      if ((await shares(instances, ids))[3] === ids.length) break;
      expect(probe).toBeLessThan(500);
    }
    pending.push(...sendAll('four'));
    await arrived(instances, pending.length);
    held.open();
    await expectAll200(pending);
    const ids = KEYS.map((key) => `four-${key}`);
    const moved = (await shares(instances, ids))[3]!;
    expect(moved).toBeGreaterThan(20);
    expect(backend.total - before).toBe(KEYS.length);
  });

  it('share values and circuits as the user of the example', async () => {
    const [one, two, three] = portsOf(cluster.instances);
    expect((await get(one!, '/products?productId=shared')).status).toBe(200);
    const hit = await get(two!, '/products?productId=shared');
    expect(hit.headers['cache-status']).toMatch(/^breakwater; hit/);

    backend.on('resource', { status: 500 });
    const ask = (port: number) => get(port, '/api/resource');
    for (const port of [one!, two!, three!]) expect((await ask(port)).status).toBe(502);
    for (const deadline = Date.now() + 40_000; (await ask(three!)).status !== 503;) {
      expect(Date.now()).toBeLessThan(deadline);
    }
  });

  it.each(BALANCERS)(
    'answer every request although one is killed in mid-flight, by one call more, behind %s',
    async (name) => {
      while (cluster.instances.length < 3) await cluster.add();
      const { instances } = cluster;
      const { port } = await balance(name, instances);
      const key = `killed-${name}`;
      const held = gate();
      backend.on(key, { hang: true }, { gate: held });
      const pending = Array.from({ length: 50 }, () => start(port, `/api/data/${key}`));
      await arrived(instances, pending.length);
      await backend.waitForCalls(key, 1);
      await cluster.kill(await cluster.leader());
      await backend.waitForCalls(key, 2);
      held.open();
      await expectAll200(pending);
      expect(backend.calls(key)).toBe(2);
    },
  );

  it('are refused nothing that all of this needs, as the user of the example', async () => {
    // What is asked for where it is allowed, and done without where it is not.
    const log = (await store.command('ACL', 'LOG', 1_000)) as unknown[][];
    const refused = log.map((entry) => String(entry[entry.map(String).indexOf('object') + 1]));
    for (const what of refused) expect(['info', 'config|get', 'client|setinfo']).toContain(what);
  });

  it.each([
    [['FLUSHALL']],
    [['CONFIG', 'SET', 'maxmemory', '1']],
    [['CONFIG', 'GET', '*']],
    [['KEYS', '*']],
    [['SCAN', '0']],
    [['ACL', 'LIST']],
    [['SCRIPT', 'FLUSH']],
    [['CLIENT', 'KILL', 'TYPE', 'pubsub']],
    [['MONITOR']],
    [['GET', 'foreign']],
    [['SET', 'foreign', 'x']],
    [['GET', 'bw2:key']],
    [['EVAL', "return redis.call('GET', KEYS[1])", '1', 'foreign']],
    [['EVAL', "return redis.call('GET', 'foreign')", '0']],
    [['EVAL', "return redis.call('FLUSHALL')", '0']],
    [['PUBLISH', 'foreign', 'x']],
    [['SUBSCRIBE', 'foreign']],
    [['PSUBSCRIBE', '*']],
  ])('have a user that may not %j', async (command) => {
    const client = new Redis({
      port: store.port,
      username: 'breakwater',
      password: PASSWORD,
      enableReadyCheck: false,
      disableClientInfo: true,
    });
    try {
      const [name = '', ...args] = command;
      const refusal = await client.call(name, ...args).then(
        () => 'allowed',
        (error: unknown) => (error as Error).message,
      );
      expect(refusal).toMatch(/NOPERM|ACL failure in script|user executing the script can't/);
    } finally {
      client.disconnect();
    }
  });
});
