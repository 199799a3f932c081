import { duplexPair } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { ManualClock } from '../../ground/manual-clock.js';
import { MachineServer } from '../machine/machine-server.js';
import { MachineStore } from '../machine/machine-store.js';
import { parseStoreUrl } from '../store/parse-store-url.js';
import { RedisStore } from '../store/redis-store.js';
import type { Store } from '../store/store.js';
import { FakeRedis } from './fake-redis.js';
import { FakeStore } from './fake-store.js';
import { RedisServer } from './redis-server.js';
import { testScript } from './test-script.js';
import { untilReady } from './until.js';

const PUT_MS = 60_000;
const SET = testScript("return redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])");

/** Something that runs the scripts: the model of a store, or a real one. */
export interface ScriptEngine {
  readonly store: Store;
  /** Lets time pass for the store. */
  pass(ms: number): Promise<void>;
  /** Puts bytes there that no script has written. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** Makes the store lose everything. */
  flush(): Promise<void>;
  /** Makes the store refuse to store more, or not any more. */
  fill(full: boolean): Promise<void>;
  stop(): Promise<void>;
}

export function fakeEngine(): Promise<ScriptEngine> {
  const clock = new ManualClock();
  const redis = new FakeRedis(clock);
  return Promise.resolve({
    store: new FakeStore(redis),
    pass: async (ms) => clock.advance(ms),
    put: async (key, bytes) => redis.set(key, Buffer.from(bytes), PUT_MS),
    flush: async () => redis.flush(),
    fill: async (full) => {
      redis.full = full;
    },
    stop: async () => undefined,
  });
}

/** The store of a machine, asked over a connection. */
export async function machineEngine(): Promise<ScriptEngine> {
  const clock = new ManualClock();
  const memory = new FakeRedis(clock);
  const [here, there] = duplexPair();
  new MachineServer(memory).serve(there);
  const store = new MachineStore(here);
  await store.open();
  await untilReady(store);
  return {
    store,
    pass: async (ms) => clock.advance(ms),
    put: async (key, bytes) => memory.set(key, Buffer.from(bytes), PUT_MS),
    flush: async () => memory.flush(),
    fill: async (full) => {
      memory.full = full;
    },
    stop: () => store.close(),
  };
}

export async function redisEngine(): Promise<ScriptEngine> {
  const server = await RedisServer.start();
  const store = new RedisStore(parseStoreUrl(server.url));
  await store.open();
  await untilReady(store);
  return {
    store,
    pass: (ms) => sleep(ms),
    put: async (key, bytes) => {
      await store.run(SET, [key], [bytes, PUT_MS]);
    },
    flush: async () => {
      await server.command('FLUSHALL');
    },
    fill: (full) => server.configure('maxmemory', full ? 1 : 0),
    stop: async () => {
      await store.close();
      await server.stop();
    },
  };
}
