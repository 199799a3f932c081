import { afterEach, describe, expect, it } from '@jest/globals';
import { GuardedStore } from './guarded-store.js';
import type { RawStoreClient, RawClientEvents } from './raw-store-client.js';

const opened: GuardedStore[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((store) => store.close()));
});

/** A store whose commands are answered at once, by a raw client that does nothing else. */
async function readyStore(): Promise<GuardedStore> {
  const raw = {
    clustered: false,
    open: (events: RawClientEvents) => {
      events.commandsUp();
      return Promise.resolve();
    },
    ping: () => Promise.resolve('PONG'),
    send: () => Promise.resolve(1),
    close: () => Promise.resolve(),
  };
  const store = new GuardedStore(raw as unknown as RawStoreClient);
  opened.push(store);
  const ready = new Promise<void>((resolve) => {
    store.listen({ ready: resolve });
  });
  await store.open();
  await ready;
  return store;
}

describe('how long answers of the store take', () => {
  it('is told to those who want to know, while they do', async () => {
    const store = await readyStore();
    const told: number[] = [];
    let wants = true;
    const stop = store.listen({
      get answered() {
        return wants ? (ms: number) => void told.push(ms) : undefined;
      },
    });
    expect(await store.publish('channel', 'message')).toBe(1);
    wants = false;
    await store.publish('channel', 'message');
    wants = true;
    stop();
    await store.publish('channel', 'message');
    expect(told).toEqual([expect.any(Number)]);
    expect(told[0]).toBeGreaterThanOrEqual(0);
  });
});
