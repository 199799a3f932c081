import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { RedisCluster } from '../testing/redis-cluster.js';
import { testScript } from '../testing/test-script.js';
import { heard, untilReady } from '../testing/until.js';
import { parseStoreUrl } from './parse-store-url.js';
import { RedisStore } from './redis-store.js';
import { StoreUnavailableError } from '../kernel/index.js';

const SET = testScript('redis.call("SET", KEYS[1], ARGV[1]) return redis.call("GET", KEYS[2])');
const TELL = testScript('return redis.call("PUBLISH", ARGV[1], ARGV[2])');
/** Enough of them to have keys on every server. */
const TAGS = Array.from({ length: 60 }, (_, n) => `tag${n}`);

describe('a store of several servers', () => {
  let servers: RedisCluster;
  let store: RedisStore;

  beforeAll(async () => {
    servers = await RedisCluster.start();
  }, 180_000);

  afterAll(() => servers.stop());

  beforeEach(async () => {
    store = new RedisStore(parseStoreUrl(servers.url));
    const bus = heard(store, 'busRestored');
    await store.open();
    await Promise.all([untilReady(store), bus]);
  });

  afterEach(() => store.close());

  it('runs scripts where the hash tag of their keys lives, also after all have forgotten them', async () => {
    const run = () =>
      Promise.all(TAGS.map((tag) => store.run(SET, [`bw:{${tag}}:v`, `bw:{${tag}}:v`], [tag])));
    const expected = TAGS.map((tag) => Buffer.from(tag));
    expect(await run()).toEqual(expected);
    for (const node of servers.nodes) await node.command('SCRIPT', 'FLUSH');
    expect(await run()).toEqual(expected);
    const sizes = await Promise.all(servers.nodes.map((node) => node.command('DBSIZE')));
    expect(Math.min(...sizes.map(Number))).toBeGreaterThan(0);
    await expect(store.run(SET, ['bw:{a}', 'bw:{b}'], [''])).rejects.toMatchObject({
      kind: 'CROSSSLOT',
    });
  });

  it('hears on the bus what scripts say on any server', async () => {
    const messages = new Set<string>();
    let complete = () => {};
    const all = new Promise<void>((resolve) => (complete = resolve));
    await store.subscribe('bw:bus', (message) => {
      messages.add(message.toString());
      if (messages.size === TAGS.length) complete();
    });
    await store.publish('bw:bus', TAGS[0]!);
    await Promise.all(TAGS.map((tag) => store.run(TELL, [`bw:{${tag}}:l`], ['bw:bus', tag])));
    await all;
  });

  it('counts the subscribers of a channel with a hash tag, wherever it lives', async () => {
    const other = new RedisStore(
      parseStoreUrl(servers.url.split(',')[1]!.replace(/^/, 'redis://') + '?cluster=true'),
    );
    await other.open();
    await untilReady(other);
    const channels = TAGS.slice(0, 12).map((tag) => `bw:{i${tag}}`);
    let tell: (message: string) => void = () => {};
    const heardOf = new Promise<string>((resolve) => (tell = resolve));
    for (const channel of channels) {
      await store.subscribe(channel, (message) => tell(message.toString()));
    }
    await other.subscribe(channels[0]!, () => {});
    expect(await other.subscribers([...channels, 'bw:{inobody}'])).toEqual([
      2,
      ...channels.slice(1).map(() => 1),
      0,
    ]);
    expect(await other.publish(channels[5]!, 'x')).toBe(1);
    expect(await heardOf).toBe('x');
    await expect(store.subscribers(['bw:bus'])).rejects.toThrow('hash tag');
    await other.close();
  });

  it('is down while one of its servers hangs and the others answer, and comes back with it', async () => {
    const [first, second] = servers.nodes;
    const run = (tag: string) => store.run(SET, [`bw:{${tag}}:v`, `bw:{${tag}}:v`], [tag]);
    await Promise.all(TAGS.map(run));
    // Of the first server, which goes on answering.
    const healthy = /\{(.+)\}/.exec(String(await first!.command('RANDOMKEY')))?.[1] ?? '';
    const states: string[] = [];
    store.listen({ ready: () => states.push('ready'), down: () => states.push('down') });
    second!.freeze();
    const results = Promise.allSettled(TAGS.map(run));
    while (store.state === 'ready') {
      await run(healthy).catch(() => {});
      await sleep(20);
    }
    const refused = (await results).filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    for (const { reason } of refused as PromiseRejectedResult[]) {
      expect(reason).toBeInstanceOf(StoreUnavailableError);
    }
    // A ping or two later.
    await sleep(600);
    expect(states).toEqual(['down']);

    const ready = heard(store, 'ready');
    second!.thaw();
    await ready;
    await Promise.all(TAGS.map(run));
  });

  it('is down without one of its servers, and has everything back with it, the bus as well', async () => {
    const [, second] = servers.nodes;
    await store.subscribe('bw:bus', () => {});
    await store.subscribe('bw:{ia}', () => {});
    const lost = [heard(store, 'down'), heard(store, 'busLost')];
    await second!.kill();
    await Promise.all(lost);
    const back = [heard(store, 'ready'), heard(store, 'busRestored')];
    await second!.start();
    await Promise.all(back);
    await store.close();
  });

  it('opens without any of its servers', async () => {
    const nowhere = new RedisStore(parseStoreUrl('redis://127.0.0.1:1,127.0.0.1:2'));
    const reason = new Promise<string>((resolve) => nowhere.listen({ down: resolve }));
    await nowhere.open();
    expect(await reason).not.toBe('');
    await expect(nowhere.run(SET, ['k', 'k'], [''])).rejects.toBeInstanceOf(StoreUnavailableError);
    await nowhere.close();
  });
});
