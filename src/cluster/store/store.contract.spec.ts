import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { RedisServer } from '../testing/redis-server.js';
import { STORE_ADAPTERS } from '../testing/store-adapters.js';
import { testScript } from '../testing/test-script.js';
import { heard, untilReady } from '../testing/until.js';
import type { GuardedStore } from './guarded-store.js';
import { StoreCommandError, StoreUnavailableError } from '../kernel/index.js';

const ECHO = testScript('return {1, ARGV[1], false, KEYS[1], {2}}');
const INCREMENT = testScript('return redis.call("INCR", KEYS[1])');

describe.each(STORE_ADAPTERS)('a store by $library', ({ make }) => {
  let server: RedisServer;
  let store: GuardedStore;

  beforeAll(async () => {
    server = await RedisServer.start();
  });

  afterAll(() => server.stop());

  beforeEach(async () => {
    await server.start();
    await server.command('FLUSHALL');
    store = make(server.url);
    const bus = heard(store, 'busRestored');
    await store.open();
    await untilReady(store);
    await bus;
  });

  afterEach(() => store.close());

  /** The messages that arrive on a channel, and when so many have. */
  async function listenTo(channel: string) {
    const messages: string[] = [];
    let wanted = { count: Infinity, then: () => {} };
    await store.subscribe(channel, (message) => {
      messages.push(message.toString());
      if (messages.length >= wanted.count) wanted.then();
    });
    const until = (count: number) =>
      new Promise<void>((resolve) => {
        wanted = { count, then: resolve };
        if (messages.length >= count) resolve();
      });
    return { messages, until };
  }

  it('gives numbers, bytes, nothing and lists of these back, whatever the bytes', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    expect(await store.run(ECHO, ['{a}key'], [bytes])).toEqual([
      1,
      bytes,
      null,
      Buffer.from('{a}key'),
      [2],
    ]);
    expect(await store.run(ECHO, ['k'], [new Uint8Array([0, 255])])).toEqual(
      expect.arrayContaining([Buffer.from([0, 255])]),
    );
    expect(await store.run(ECHO, ['k'], [7])).toEqual(expect.arrayContaining([Buffer.from('7')]));
    expect(await store.run(testScript('return redis.status_reply("OK")'), ['k'], [])).toEqual(
      Buffer.from('OK'),
    );
    expect(await store.run(testScript('return "ä€"'), ['k'], [])).toEqual(Buffer.from('ä€'));
  });

  it('sends a script whole where the store does not know it, and runs it once', async () => {
    expect(await store.run(INCREMENT, ['n'], [])).toBe(1);
    await server.command('SCRIPT', 'FLUSH');
    expect(await store.run(INCREMENT, ['n'], [])).toBe(2);

    const down = heard(store, 'down');
    await server.restart();
    await down;
    await untilReady(store);
    expect(await store.run(INCREMENT, ['n'], [])).toBe(1);
  });

  it('sends a script whole only once', async () => {
    const script = testScript(`return 1 -- ${store.constructor.name}`);
    await store.run(script, ['k'], []);
    for (let n = 0; n < 5; n += 1) await store.run(script, ['k'], []);
    const eval_ = await server.info('cmdstat_eval');
    await store.run(script, ['k'], []);
    expect(await server.info('cmdstat_eval')).toBe(eval_);
  });

  it('delivers messages to every listener of the channel, byte for byte', async () => {
    const first: Buffer[] = [];
    const arrived = new Promise<void>((resolve) => {
      void store.subscribe('bw:bus', (message) => first.push(message));
      void store.subscribe('bw:bus', (_message, channel) => {
        expect(channel).toBe('bw:bus');
        resolve();
      });
    });
    const other = await listenTo('bw:other');
    expect(await store.publish('bw:bus', Buffer.from([0, 13, 10, 255]))).toBe(1);
    await arrived;
    expect(first).toEqual([Buffer.from([0, 13, 10, 255])]);
    expect(other.messages).toEqual([]);
  });

  it('counts the subscribers of channels in the order asked', async () => {
    await store.subscribe('bw:i:a', () => {});
    const second = make(server.url);
    await second.open();
    await heard(second, 'busRestored');
    await second.subscribe('bw:i:a', () => {});
    await second.subscribe('bw:i:b', () => {});
    expect(await store.subscribers(['bw:i:none', 'bw:i:b', 'bw:i:a'])).toEqual([0, 1, 2]);
    expect(await store.subscribers([])).toEqual([]);
    await second.close();
  });

  it('has subscribed again by the time it says that the bus is restored', async () => {
    const bus = await listenTo('bw:bus');
    for (const loss of ['kill', 'restart'] as const) {
      const lost = heard(store, 'busLost');
      const restored = heard(store, 'busRestored');
      if (loss === 'kill') await server.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
      else await server.restart();
      await lost;
      await restored;
      expect(await server.command('PUBLISH', 'bw:bus', loss)).toBe(1);
      // The answer is written before the message, which a server that is killed now takes along.
      await bus.until(loss === 'kill' ? 1 : 2);
    }
    expect(bus.messages).toEqual(['kill', 'restart']);
  });

  it('subscribes after the bus is back to what was asked for without it', async () => {
    const lost = heard(store, 'busLost');
    await server.kill();
    await lost;
    const bus = await listenTo('bw:late');
    const restored = heard(store, 'busRestored');
    await server.start();
    await restored;
    expect(await server.command('PUBLISH', 'bw:late', 'x')).toBe(1);
    await bus.until(1);
  });

  it('keeps working when the connections are killed one by one', async () => {
    const down = heard(store, 'down');
    await server.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await down;
    await untilReady(store);
    expect(await store.run(INCREMENT, ['n'], [])).toBe(1);
  });

  it('tells a refused command from a store that is away', async () => {
    await expect(store.run(testScript('return {}..1'), ['k'], [])).rejects.toMatchObject({
      code: 'BREAKWATER_STORE_COMMAND',
      kind: 'ERR',
    });
    const wrongType = testScript(
      'redis.call("LPUSH", KEYS[1], 1) return redis.call("GET", KEYS[1])',
    );
    await expect(store.run(wrongType, ['list'], [])).rejects.toMatchObject({ kind: 'WRONGTYPE' });
    const own = testScript('return redis.error_reply("MISCONF cannot persist")');
    await expect(store.run(own, ['k'], [])).rejects.toBeInstanceOf(StoreCommandError);
    expect(store.state).toBe('ready');
  });

  it.each(['LOADING', 'MASTERDOWN', 'CLUSTERDOWN', 'READONLY', 'BUSY'])(
    'counts an answer of %s as away, and comes back',
    async (kind) => {
      const script = testScript(`return redis.error_reply("${kind} not now")`);
      const down = heard(store, 'down');
      await expect(store.run(script, ['k'], [])).rejects.toBeInstanceOf(StoreUnavailableError);
      await down;
      await untilReady(store);
      expect(await store.run(INCREMENT, ['n'], [])).toBe(1);
    },
  );

  it('makes another connection to a store whose server takes no writes any more', async () => {
    const id = testScript('return redis.error_reply("READONLY was a master")');
    const connections = async () =>
      [...String(await server.command('CLIENT', 'LIST', 'TYPE', 'normal')).matchAll(/^id=(\d+)/gm)]
        .map((match) => Number(match[1]))
        .slice(0, -1);
    const before = await connections();
    await expect(store.run(id, ['k'], [])).rejects.toBeInstanceOf(StoreUnavailableError);
    await untilReady(store);
    const after = await connections();
    expect(after.some((each) => each > Math.max(...before) + 1)).toBe(true);
    expect(after).toHaveLength(before.length);
  });

  it('answers OOM by a command error, and goes on', async () => {
    const big = testScript('return redis.call("SET", KEYS[1], ARGV[1])');
    await server.configure('maxmemory', '1mb');
    try {
      await expect(store.run(big, ['k'], ['x'.repeat(1_000)])).rejects.toMatchObject({
        kind: 'OOM',
      });
      expect(store.state).toBe('ready');
    } finally {
      await server.configure('maxmemory', 0);
    }
    expect(await store.run(big, ['k'], ['x'])).toEqual(Buffer.from('OK'));
  });

  it('says what the store is', async () => {
    expect(await store.describe()).toEqual({
      engine: expect.stringMatching(/^(redis|valkey)$/),
      version: expect.stringMatching(/^\d+\.\d+/),
      mode: 'standalone',
      evictionPolicy: 'noeviction',
    });
  });

  it('ends what is left when it is closed, and takes nothing more', async () => {
    const left = store.run(testScript('return 1'), ['k'], []);
    const closed = store.close();
    await expect(left).rejects.toThrow(StoreUnavailableError);
    await closed;
    await expect(store.run(ECHO, ['k'], [])).rejects.toThrow('it was closed');
    expect(await store.close()).toBeUndefined();
  });
});
