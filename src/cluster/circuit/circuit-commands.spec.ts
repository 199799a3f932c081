import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../ground/manual-clock.js';
import { parseStoreUrl } from '../store/parse-store-url.js';
import { RedisStore } from '../store/redis-store.js';
import type { Store } from '../store/store.js';
import { machineEngine } from '../testing/script-engine.js';
import { CircuitStoreModel } from '../testing/circuit-store.js';
import { RedisServer } from '../testing/redis-server.js';
import { testScript } from '../testing/test-script.js';
import { untilReady } from '../testing/until.js';
import { CircuitCommands } from './circuit-commands.js';
import { resolveClusterCircuitOptions } from './cluster-circuit.options.js';

const FAILED = { succeeded: false, failures: 1, cooldownMs: 5_000 };
const LEASE_MS = 10_000;
const TERMS = { failures: 3, probeTimeoutMs: 10_000 };

interface Engine {
  store: Pick<Store, 'run'>;
  stop(): Promise<void>;
}

async function redis(): Promise<Engine> {
  const server = await RedisServer.start();
  const store = new RedisStore(parseStoreUrl(server.url));
  await store.open();
  await untilReady(store);
  const stop = async () => {
    await store.close();
    await server.stop();
  };
  return { store, stop };
}

function model(): Promise<Engine> {
  const circuit = new CircuitStoreModel(new ManualClock());
  const run: Store['run'] = (...asked) => Promise.resolve(circuit.run(...asked));
  return Promise.resolve({ store: { run }, stop: () => Promise.resolve() });
}

describe.each([
  ['a store', redis],
  ['the memory of a machine', model],
  ['the store of a machine', machineEngine],
])('the scripts of shared circuits, in %s', (_, start) => {
  let engine: Engine;
  let a: CircuitCommands;
  let b: CircuitCommands;

  beforeAll(async () => {
    engine = await start();
  });

  afterAll(() => engine.stop());

  let circuits = 0;

  beforeEach(async () => {
    circuits += 1;
    const options = resolveClusterCircuitOptions();
    const commands = (instance: string) =>
      new CircuitCommands(engine.store as Store, options, instance, `c${circuits}`, TERMS);
    a = commands('a');
    b = commands('b');
  });

  /** Opens the circuit. @returns its epoch */
  async function open(): Promise<number> {
    await a.report(0, { ...FAILED, failures: 2 });
    const { verdict, news } = await b.report(0, FAILED);
    expect([verdict, news.kind, news.by]).toEqual([1, 'opened', 'b']);
    expect(news.forMs).toBeLessThanOrEqual(5_000);
    expect(news.forMs).toBeGreaterThan(4_000);
    return news.epoch;
  }

  it('begin a larger epoch with each change', async () => {
    const opened = await open();
    const { news: again } = await a.settle(opened, 'r', 7_000);
    expect(again).toMatchObject({ kind: 'reopened', forMs: 7_000, by: 'a' });
    const { news: closed } = await b.settle(again.epoch, 'c', 0);
    expect(closed).toMatchObject({ kind: 'closed', forMs: 0, by: 'b' });
    expect(again.epoch).toBeGreaterThan(opened);
    expect(closed.epoch).toBeGreaterThan(again.epoch);
  });

  it('count no report of an older epoch, however many', async () => {
    const opened = await open();
    const { news } = await a.settle(opened, 'c', 0);
    for (const instance of [a, b, a]) {
      expect(await instance.report(opened, { ...FAILED, failures: 5 })).toMatchObject({
        verdict: 0,
        news: { kind: 'closed', epoch: news.epoch },
      });
    }
    expect((await a.report(news.epoch, FAILED)).news.kind).toBe('closed');
    expect((await b.report(news.epoch, FAILED)).news.kind).toBe('closed');
    expect((await b.report(news.epoch, FAILED)).news.kind).toBe('opened');
  });

  it('count no report while the circuit is open', async () => {
    const epoch = await open();
    for (const instance of [a, b]) {
      const reply = await instance.report(0, { ...FAILED, failures: 9, cooldownMs: 60_000 });
      expect(reply).toMatchObject({ verdict: 0, news: { kind: 'opened', epoch } });
    }
  });

  it('count from the success on that came before the failures', async () => {
    await a.report(0, { ...FAILED, failures: 2 });
    await b.report(0, { ...FAILED, succeeded: true });
    await a.report(0, FAILED);
    expect((await a.report(0, { ...FAILED, failures: 0, succeeded: true })).verdict).toBe(0);
    expect((await b.report(0, { ...FAILED, failures: 2 })).verdict).toBe(0);
    expect((await a.report(0, FAILED)).verdict).toBe(1);
  });

  it('let one instance probe, which may ask again', async () => {
    const epoch = await open();
    expect((await a.probe(epoch, 1, LEASE_MS)).verdict).toBe(1);
    const denied = await b.probe(epoch, 1, LEASE_MS);
    expect(denied.verdict).toBe(0);
    expect(denied.waitMs).toBeGreaterThan(9_000);
    expect(denied.waitMs).toBeLessThanOrEqual(10_000);
    expect((await a.probe(epoch, 2, LEASE_MS)).verdict).toBe(1);
    expect(denied.prober).toBe('a');
    expect((await b.probe(epoch, 2, LEASE_MS, 'c')).verdict).toBe(0);
    expect(await b.probe(epoch, 3, LEASE_MS, 'a')).toMatchObject({ verdict: 1, prober: '-' });
    expect((await a.settle(epoch, 'c', 0)).verdict).toBe(0);
  });

  it('keep the place of who asks again, also where it is lost, but not in place of another', async () => {
    const epoch = await open();
    await a.probe(epoch, 1, LEASE_MS / 10);
    expect((await b.probe(epoch, 1, LEASE_MS)).verdict).toBe(0);
    expect(await a.probe(epoch, 1, LEASE_MS)).toMatchObject({ verdict: 1, waitMs: 0 });
    expect((await b.probe(epoch, 2, LEASE_MS)).waitMs).toBeGreaterThan(LEASE_MS / 2);
    await a.giveBack(epoch, 1);
    expect((await a.probe(epoch, 1, LEASE_MS)).verdict).toBe(1);
    await a.giveBack(epoch, 1);
    await b.probe(epoch, 3, LEASE_MS);
    expect(await a.probe(epoch, 1, LEASE_MS)).toMatchObject({ verdict: 0, prober: 'b' });
  });

  it('let nobody probe who does not know the present epoch, or whom nothing keeps from calling', async () => {
    const opened = await open();
    const { news: again } = await a.settle(opened, 'r', 5_000);
    // The rest of the cooldown is told, and goes by.
    const forMs = expect.any(Number);
    expect(await b.probe(opened, 1, LEASE_MS)).toMatchObject({
      verdict: 2,
      news: { ...again, forMs },
    });
    const { news: closed } = await a.settle(again.epoch, 'c', 0);
    expect(await b.probe(again.epoch, 1, LEASE_MS)).toMatchObject({ verdict: 2, news: closed });
    expect((await b.probe(closed.epoch, 1, LEASE_MS)).verdict).toBe(2);
  });

  it('take the verdict of the instance that probes, and of nobody else', async () => {
    const epoch = await open();
    await a.probe(epoch, 1, LEASE_MS);
    expect(await b.settle(epoch, 'c', 0)).toMatchObject({ verdict: 0, news: { epoch } });
    expect(await b.settle(epoch, 'r', 9_000)).toMatchObject({ verdict: 0, news: { epoch } });
    const { verdict, news } = await a.settle(epoch, 'c', 0);
    expect([verdict, news.kind]).toEqual([1, 'closed']);
    expect(await a.settle(epoch, 'r', 9_000)).toMatchObject({ verdict: 0, news });
    expect(await a.settle(news.epoch, 'r', 9_000)).toMatchObject({ verdict: 0, news });
  });

  it('give the probe back only for the asking that was granted last', async () => {
    const epoch = await open();
    await a.probe(epoch, 1, LEASE_MS);
    await a.probe(epoch, 2, LEASE_MS);
    expect((await a.giveBack(epoch, 1)).verdict).toBe(0);
    expect((await b.giveBack(epoch, 2)).verdict).toBe(0);
    expect((await b.probe(epoch, 1, LEASE_MS)).verdict).toBe(0);
    expect((await a.giveBack(epoch, 2)).verdict).toBe(1);
    expect((await b.probe(epoch, 2, LEASE_MS)).verdict).toBe(1);
  });

  it('begin with a free probe each time the circuit opens again', async () => {
    const epoch = await open();
    await a.probe(epoch, 1, LEASE_MS);
    const { news } = await a.settle(epoch, 'r', 5_000);
    expect((await b.probe(news.epoch, 1, LEASE_MS)).verdict).toBe(1);
  });
});

describe('options of shared circuits', () => {
  it.each([
    [{ quorum: 0 }, '"circuits.quorum" must be a whole number from 1 to 1000, got 0'],
    [{ namespace: 'a b' }, '"circuits.namespace" must be 1 to 32 letters, digits, dots, dashes'],
    [{ permitMs: 0 }, '"circuits.permitMs" must be a whole number from 1 to 60000, got 0'],
    [{ leaseMs: 29 }, '"circuits.leaseMs" must be a whole number from 30 to 600000, got 29'],
    [{ windowMs: -1 }, '"circuits.windowMs" must be a whole number from 1 to 86400000, got -1'],
  ])('%j cannot work', (options, message) => {
    expect(() => resolveClusterCircuitOptions(options)).toThrow(message);
  });

  it('have the documented defaults', () => {
    expect(resolveClusterCircuitOptions()).toEqual({
      quorum: 2,
      together: false,
      namespace: 'bw1',
      permitMs: 300,
      leaseMs: 5_000,
      windowMs: 60_000,
    });
  });
});

describe('the scripts of shared circuits, on damaged bytes in a store', () => {
  const MUCH = '9999999999999999';
  const SET = testScript("return redis.call('SET', KEYS[1], ARGV[1], 'PX', 60000)");
  let engine: Engine;

  beforeAll(async () => {
    engine = await redis();
  });

  afterAll(() => engine.stop());

  it.each([
    '',
    'x',
    '1 o 2',
    '1 x 2 a',
    `${MUCH} o 2 a`,
    `1 o ${MUCH} a`,
    `${MUCH} 2 ,a,`,
    'x 1 ,a,',
  ])('take what cannot be read for lost: %j', async (bytes) => {
    const options = resolveClusterCircuitOptions();
    const commands = (instance: string) =>
      new CircuitCommands(engine.store as Store, options, instance, `d ${bytes}`, TERMS);
    for (const letter of ['s', 'w']) {
      await engine.store.run(SET, [`${options.namespace}:{cb:d ${bytes}}:${letter}`], [bytes]);
    }
    await commands('a').report(0, { ...FAILED, failures: 2 });
    const { verdict, news } = await commands('b').report(0, FAILED);
    expect([verdict, news.kind, news.by]).toEqual([1, 'opened', 'b']);
    expect(news.forMs).toBeGreaterThan(4_000);
    expect(news.epoch).toBeLessThan(2 ** 52);
  });
});
