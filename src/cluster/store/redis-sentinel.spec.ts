import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { RedisServer } from '../testing/redis-server.js';
import { SlowProxy } from '../testing/slow-proxy.js';
import { testScript } from '../testing/test-script.js';
import { heard, untilReady } from '../testing/until.js';
import { IoredisStore } from './ioredis-store.js';
import { parseStoreUrl } from './parse-store-url.js';
import { RedisStore } from './redis-store.js';

const SET = testScript('return redis.call("SET", KEYS[1], ARGV[1])');

describe('a store that Sentinels watch over', () => {
  let master: RedisServer;
  let replica: RedisServer;
  let sentinel: RedisServer;

  beforeAll(async () => {
    master = await RedisServer.start();
    replica = await RedisServer.start({ replicaOf: master.port });
    sentinel = await RedisServer.start({
      sentinel: () => [
        `sentinel monitor main 127.0.0.1 ${master.port} 1`,
        'sentinel down-after-milliseconds main 500',
        'sentinel failover-timeout main 2000',
      ],
    });
    // It learns of the replica from the master, which tells it by and by.
    const known = async () =>
      (await sentinel.command('SENTINEL', 'REPLICAS', 'main')) as readonly unknown[];
    while ((await known()).length === 0) await sleep(50);
  }, 180_000);

  afterAll(() => Promise.all([sentinel.stop(), replica.stop(), master.stop()]));

  const byIoredis = (ports: number[]) => {
    const sentinels = ports.map((port) => ({ host: '127.0.0.1', port }));
    const connection = new Redis({ sentinels, name: 'main', lazyConnect: true });
    return new IoredisStore(connection, { reconnectAfterMs: 300 });
  };
  const byRedisClient = (ports: number[]) => {
    const hosts = ports.map((port) => `127.0.0.1:${port}`).join(',');
    const url = `redis+sentinel://${hosts}/main`;
    return new RedisStore(parseStoreUrl(url), { reconnectAfterMs: 1_000 });
  };

  it.each([
    ['ioredis', byIoredis],
    ['@redis/client', byRedisClient],
  ])('asks the next Sentinel when one hangs, by %s', async (_, make) => {
    const hung = await SlowProxy.start(() => sentinel.port);
    hung.blackhole();
    const store = make([hung.port, sentinel.port]);
    const bus = heard(store, 'busRestored');
    await store.open();
    await Promise.all([untilReady(store), bus]);
    expect(await store.run(SET, ['k'], ['x'])).toEqual(Buffer.from('OK'));
    await store.close();
    await hung.stop();
  });

  it('asks the next Sentinel when one begins to hang, and leaves that one alone', async () => {
    const hanging = await SlowProxy.start(() => sentinel.port);
    const store = byRedisClient([hanging.port, sentinel.port]);
    await store.open();
    await untilReady(store);
    hanging.blackhole();
    // Commands are kept while the Sentinels are asked again: by these it is found out.
    while (hanging.connections > 0) {
      await store.run(SET, ['k'], ['x']).catch(() => undefined);
      await sleep(20);
    }
    await untilReady(store);
    expect(await store.run(SET, ['k'], ['x'])).toEqual(Buffer.from('OK'));
    await store.close();
    await hanging.stop();
  });

  it('follows the master, the bus as well', async () => {
    const store = new RedisStore(parseStoreUrl(`redis+sentinel://127.0.0.1:${sentinel.port}/main`));
    const bus = heard(store, 'busRestored');
    await store.open();
    await Promise.all([untilReady(store), bus]);
    let tell: (message: string) => void = () => {};
    await store.subscribe('bw:bus', (message) => tell(message.toString()));
    expect(await store.run(SET, ['k'], ['x'])).toEqual(Buffer.from('OK'));

    const restored = heard(store, 'busRestored');
    await master.kill();
    await restored;
    await untilReady(store);
    expect(await store.run(SET, ['k'], ['y'])).toEqual(Buffer.from('OK'));
    expect(await replica.command('GET', 'k')).toBe('y');
    const message = new Promise<string>((resolve) => (tell = resolve));
    await store.publish('bw:bus', 'm');
    expect(await message).toBe('m');
    await store.close();
  });
});
