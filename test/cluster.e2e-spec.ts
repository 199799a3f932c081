import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { RedisServer } from '../src/cluster/testing/redis-server.js';
import { gate } from './support/gate.js';
import { get } from './support/http-client.js';
import { programOf } from '../src/ground/testing/programs.js';
import { repliesOf, ServiceCluster } from './support/service-cluster.js';
import { ServiceProcess } from './support/service-process.js';

// A busy machine is no failure; what hangs is named by its own barrier long before.
jest.setTimeout(180_000);

let store: RedisServer;
let cluster: ServiceCluster;

const statusesOf = (replies: readonly { status: number }[]) => [
  ...new Set(replies.map(({ status }) => status)),
];
const bodiesOf = (replies: readonly { text: string }[]) => new Set(replies.map(({ text }) => text));

beforeAll(async () => {
  programOf('service');
  store = await RedisServer.start();
  cluster = await ServiceCluster.start(3, store.url, {
    FRESH_TTL_MS: '400',
    STALE_TTL_MS: '60000',
    CIRCUIT_COOLDOWN_MS: '2000',
  });
}, 180_000);

afterAll(async () => {
  await cluster.stop();
  await store.stop();
});

describe('instances that share a store', () => {
  it('make one call of 300 requests for one key, and keep nothing of it', async () => {
    const { backend } = cluster;
    for (const call of [1, 2]) {
      const held = gate();
      backend.on('hot', { gate: held, body: `answer ${call}` });
      const loads = await cluster.load('/api/data/hot', 100);
      await cluster.untilJoined(loads);
      held.open();
      const replies = await repliesOf(loads);
      expect(statusesOf(replies)).toEqual([200]);
      expect([...bodiesOf(replies)]).toEqual([`answer ${call}`]);
      expect(backend.calls('hot')).toBe(call);
    }
  });

  it('make one call a key, whoever is asked for it', async () => {
    const { backend, instances } = cluster;
    const before = backend.total;
    const held = gate();
    const keys = Array.from({ length: 50 }, (_, i) => `many${i}`);
    for (const key of keys) backend.on(key, { gate: held });
    const asked = keys.flatMap((key) => instances.map(({ port }) => get(port, `/api/data/${key}`)));
    await backend.waitForTotal(before + keys.length);
    for (const instance of instances) {
      await cluster.until(instance, (_, flights) => flights === keys.length);
    }
    held.open();
    expect(statusesOf(await Promise.all(asked))).toEqual([200]);
    expect(backend.total).toBe(before + keys.length);
  });

  it('share what goes wrong, and nothing of it with those who come later', async () => {
    const { backend } = cluster;
    const held = gate();
    backend.on('broken', { gate: held, status: 500 }, {});
    const loads = await cluster.load('/api/data/broken', 5);
    await cluster.untilJoined(loads);
    held.open();
    const replies = await repliesOf(loads);
    expect(statusesOf(replies)).toEqual([502]);
    expect([...bodiesOf(replies)]).toEqual(['{"error":"backend unavailable"}']);
    expect(backend.calls('broken')).toBe(1);
    const [, second] = cluster.instances;
    expect((await get(second!.port, '/api/data/broken')).status).toBe(200);
  });

  it('name in their logs the one call that all of them have shared', async () => {
    const { backend } = cluster;
    for (const answer of [{ status: 200 }, { status: 500 }]) {
      const held = gate();
      const target = `/api/data/traced-${String(answer.status)}`;
      const key = target.slice('/api/data/'.length);
      backend.on(key, { ...answer, gate: held });
      const loads = await cluster.load(target, 2);
      await cluster.untilJoined(loads);
      held.open();
      await repliesOf(loads);
      const { headers } = backend.lastOf(key);
      for (const { instance } of loads) {
        await instance.waitForLine(`"target":"${target}"`);
        const lines = instance.records.filter((record) => record['target'] === target);
        expect(new Set(lines.map(({ flightId }) => flightId))).toEqual(
          new Set([headers['x-request-id']]),
        );
        const traces = new Set(lines.map(({ traceId }) => traceId));
        expect(traces).toEqual(new Set([String(headers['traceparent']).split('-')[1]]));
      }
    }
  });

  it('have one cache: stored by one, a hit on all, refreshed once for all', async () => {
    const { backend, instances } = cluster;
    const ask = () => Promise.all(instances.map(({ port }) => get(port, '/products?productId=c')));
    backend.on('/products/c', { body: 'old' }, { body: 'new' });
    expect((await get(instances[0]!.port, '/products?productId=c')).text).toBe('old');
    for (const { text, headers } of await ask()) {
      expect(text).toBe('old');
      expect(headers['cache-status']).toMatch(/^breakwater; hit/);
    }
    expect(backend.calls('/products/c')).toBe(1);

    // Until it is stale everywhere: all are served at once by the old one, and one of them refreshes.
    const held = gate();
    backend.on('/products/c', { gate: held, body: 'new' });
    for (;;) {
      const replies = await ask();
      expect([...bodiesOf(replies)]).toEqual(['old']);
      if (replies.every(({ headers }) => String(headers['cache-status']).includes('stale'))) break;
    }
    await backend.waitForCalls('/products/c', 2);
    // Each of them would refresh by now.
    expect([...bodiesOf(await ask())]).toEqual(['old']);
    expect(backend.calls('/products/c')).toBe(2);
    held.open();
    while ([...bodiesOf(await ask())].join() !== 'new');
  });

  it('never share what is one caller’s alone', async () => {
    const { backend } = cluster;
    const held = gate();
    backend.on('/products/mine', {
      gate: held,
      headers: { 'Set-Cookie': 'sid=1', 'Cache-Control': 'private' },
    });
    const loads = await cluster.load('/products?productId=mine', 2);
    await cluster.untilJoined(loads);
    held.open();
    const replies = await repliesOf(loads);
    expect(statusesOf(replies)).toEqual([200]);
    expect(bodiesOf(replies).size).toBe(replies.length);
    expect(backend.calls('/products/mine')).toBe(replies.length);
  });

  it('name the coalescer that a request belongs to', async () => {
    const [one] = cluster.instances;
    const { headers } = await get(one!.port, '/products?productId=a%20b');
    expect(headers['x-coalescer-name']).toBe(encodeURIComponent('/products:a b'));
  });

  it('say in health how the cluster is, and on what', async () => {
    const { status, details } = await cluster.health(cluster.instances[0]!);
    expect([status, details.status, details.cluster]).toEqual([200, 'up', 'up']);
    expect(details.store?.engine).toMatch(/^(redis|valkey)$/);
  });
});

describe('when something of a cluster is lost', () => {
  beforeEach(async () => {
    await store.start();
    while (cluster.instances.length < 3) await cluster.add();
    for (const instance of cluster.instances) {
      await cluster.until(instance, ({ cluster: state }) => state === 'up');
    }
  });

  it('a leader that is killed is succeeded before its lease ends, by one call, with no failed request', async () => {
    const { backend } = cluster;
    const takeovers = async (instances: readonly ServiceProcess[]) => {
      const states = await Promise.all(instances.map((each) => cluster.health(each)));
      return states.map(({ details }) => details.counters.takeovers);
    };
    const held = gate();
    backend.on('kill', { hang: true }, { gate: held });
    const loads = await cluster.load('/api/data/kill', 20);
    await cluster.untilJoined(loads);
    await backend.waitForCalls('kill', 1);
    const leader = await cluster.leader();
    const survivors = loads.filter(({ instance }) => instance !== leader);
    const before = await takeovers(survivors.map(({ instance }) => instance));
    await cluster.kill(leader);
    await backend.waitForCalls('kill', 2);
    held.open();
    expect(statusesOf(await repliesOf(survivors))).toEqual([200]);
    expect(backend.calls('kill')).toBe(2);
    // It was seen to be dead: nobody had to wait for its lease to end.
    const after = await takeovers(cluster.instances);
    const more = after.map(({ dead, lease }, i) => [
      dead - before[i]!.dead,
      lease - before[i]!.lease,
    ]);
    expect(more.sort()).toEqual([
      [0, 0],
      [1, 0],
    ]);
  });

  it('a leader that is told to stop brings its call to an end for all', async () => {
    const { backend } = cluster;
    const held = gate();
    backend.on('term', { gate: held });
    const loads = await cluster.load('/api/data/term', 5);
    await cluster.untilJoined(loads);
    const leader = await cluster.leader();
    leader.signal('SIGTERM');
    held.open();
    expect(statusesOf(await repliesOf(loads))).toEqual([200]);
    expect(await leader.exited).toEqual({ code: 0, signal: null });
    expect(backend.calls('term')).toBe(1);
    cluster.instances.splice(cluster.instances.indexOf(leader), 1);
  });

  it('a store that is restarted empty in mid-flight costs no second call', async () => {
    const { backend } = cluster;
    const held = gate();
    backend.on('restart', { gate: held });
    const loads = await cluster.load('/api/data/restart', 5);
    await cluster.untilJoined(loads);
    await store.restart();
    for (const instance of cluster.instances) {
      await cluster.until(instance, ({ cluster: state }) => state === 'up');
    }
    held.open();
    expect(statusesOf(await repliesOf(loads))).toEqual([200]);
    expect(backend.calls('restart')).toBe(1);
  });

  it('a store that is gone costs a call an instance, no error, and is told once', async () => {
    const { backend, instances } = cluster;
    await store.kill();
    for (const instance of instances) {
      await cluster.until(instance, ({ cluster: state }) => state === 'degraded');
    }
    for (const key of ['gone1', 'gone2']) {
      const held = gate();
      backend.on(key, { gate: held });
      const loads = await cluster.load(`/api/data/${key}`, 5);
      await backend.waitForCalls(key, instances.length);
      held.open();
      expect(statusesOf(await repliesOf(loads))).toEqual([200]);
      expect(backend.calls(key)).toBe(instances.length);
    }
    for (const instance of instances) {
      expect((await get(instance.port, '/health')).status).toBe(200);
      expect((await get(instance.port, '/health/ready')).status).toBe(200);
      const told = instance.lines.filter((line) => line.includes('The store is away'));
      expect(told.length).toBeLessThanOrEqual(2);
    }

    await store.start();
    for (const instance of instances) {
      await cluster.until(instance, ({ cluster: state }) => state === 'up');
    }
    const held = gate();
    backend.on('back', { gate: held });
    const loads = await cluster.load('/api/data/back', 5);
    await cluster.untilJoined(loads);
    held.open();
    expect(statusesOf(await repliesOf(loads))).toEqual([200]);
    expect(backend.calls('back')).toBe(1);
  });

  it('a backend that fails is called no more by anybody, once several instances have seen it', async () => {
    const { backend, instances } = cluster;
    backend.on('resource', { status: 500 });
    const ask = async (index: number) => {
      const { status, headers } = await get(instances[index % 3]!.port, '/api/resource');
      return `${status} ${String(headers['x-circuit-state'])}`;
    };
    for (let i = 0; i < 3; i++) expect(await ask(i)).toBe('502 closed');
    const isOpen = async () =>
      (await Promise.all([0, 1, 2].map(ask))).every((answer) => answer === '503 open');
    for (const deadline = Date.now() + 40_000; !(await isOpen());) {
      expect(Date.now()).toBeLessThan(deadline);
    }
    // Three to see it, and those that were on their way before all had heard of it.
    expect(backend.calls('resource')).toBeLessThanOrEqual(3 + instances.length);

    // One probe in the whole cluster, which closes the circuit for all.
    const before = backend.calls('resource');
    const held = gate();
    backend.on('resource', { gate: held });
    for (const deadline = Date.now() + 40_000; backend.calls('resource') === before;) {
      void Promise.all(Array.from({ length: 12 }, (_, i) => ask(i))).catch(() => undefined);
      await get(instances[0]!.port, '/health/live');
      expect(Date.now()).toBeLessThan(deadline);
    }
    const whileProbing = await Promise.all(instances.map(({ port }) => get(port, '/api/resource')));
    for (const { status, headers } of whileProbing) {
      expect([status, headers['x-circuit-state'], headers['retry-after']]).toEqual([
        503,
        'half-open',
        undefined,
      ]);
    }
    expect(backend.calls('resource')).toBe(before + 1);
    held.open();
    for (const deadline = Date.now() + 40_000; ;) {
      const answers = await Promise.all([0, 1, 2].map(ask));
      if (answers.every((answer) => answer === '200 closed')) break;
      expect(Date.now()).toBeLessThan(deadline);
    }
  });

  it('an instance that is killed while it probes is succeeded within a second or two, by one probe', async () => {
    const { backend, instances } = cluster;
    backend.on('resource', { status: 500 });
    const ask = (instance: ServiceProcess) => get(instance.port, '/api/resource');
    const openEverywhere = async () =>
      (await Promise.all(instances.map(ask))).every(({ status }) => status === 503);
    for (const deadline = Date.now() + 40_000; !(await openEverywhere());) {
      expect(Date.now()).toBeLessThan(deadline);
    }
    const before = backend.calls('resource');
    const held = gate();
    backend.on('resource', { hang: true }, { gate: held });
    const [prober, ...others] = instances as [ServiceProcess, ...ServiceProcess[]];
    // Nobody else asks, so that it is this one that probes.
    const poll = async (instance: ServiceProcess, calls: number) => {
      for (const deadline = Date.now() + 40_000; backend.calls('resource') < calls;) {
        void ask(instance).catch(() => undefined);
        await get(others[0]!.port, '/health/live');
        expect(Date.now()).toBeLessThan(deadline);
      }
    };
    await poll(prober, before + 1);
    for (const other of others) expect((await ask(other)).status).toBe(503);
    const killedAt = performance.now();
    await cluster.kill(prober);
    await poll(others[0]!, before + 2);
    // The probe may take 5 s.
    expect(performance.now() - killedAt).toBeLessThan(4_900);
    expect((await ask(others[1]!)).status).toBe(503);
    expect(backend.calls('resource')).toBe(before + 2);
    held.open();
    for (const deadline = Date.now() + 40_000; (await ask(others[1]!)).status !== 200;) {
      expect(Date.now()).toBeLessThan(deadline);
    }
  });
});

describe('REDIS_URL', () => {
  it.each([
    ['http://store', 'REDIS_URL is "http://store"; allowed: a redis:, rediss:'],
    ['redis://u:se@cret@host', 'REDIS_URL is not usable'],
  ])('of %j stops the start with one message, without a password', async (url, message) => {
    const service = await ServiceProcess.spawn({ REDIS_URL: url });
    expect(await service.exited).toEqual({ code: 1, signal: null });
    expect(service.stderr).toContain(message);
    expect(service.stderr).not.toContain('se@cret');
    expect(service.stderr).not.toContain('    at ');
  });

  it('with a wrong password is told in health', async () => {
    const url = store.url.replace('://', '://nobody:of-nothing@');
    const service = await ServiceProcess.start({ REDIS_URL: url, HEALTH_DETAILS: 'full' });
    try {
      // Told in the log as well, at the latest when the store should have been met.
      await service.waitForLine('The store is away');
      const { text } = await get(service.port, '/health');
      expect(text).toContain('WRONGPASS');
      expect(text).not.toContain('of-nothing');
    } finally {
      await service.kill();
    }
  });

  it('of a store that is not there delays nothing', async () => {
    const service = await ServiceProcess.start({ REDIS_URL: 'redis://127.0.0.1:1' });
    try {
      expect((await get(service.port, '/health')).text).toContain('"cluster":"degraded"');
      await service.waitForLine('The store is away');
    } finally {
      await service.kill();
    }
  });
});
