import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../clock/testing/manual-clock.js';
import { GuardedStore } from './guarded-store.js';
import type { RawClientEvents, RawCommand, RawStoreClient } from './raw-store-client.js';

/** A store of which the test says what becomes of messages. */
class ScriptedClient implements RawStoreClient {
  readonly clustered = false;
  swallows = false;
  refuses = false;
  events: RawClientEvents | undefined;
  private readonly channels = new Map<string, (message: Buffer) => void>();

  open(events: RawClientEvents): Promise<void> {
    this.events = events;
    return Promise.resolve();
  }
  send({ args: [command, channel, message] }: RawCommand): Promise<unknown> {
    if (command !== 'PUBLISH') return Promise.resolve([]);
    if (!this.swallows) this.channels.get(String(channel))?.(Buffer.from(String(message)));
    return Promise.resolve(1);
  }
  ping = () => Promise.resolve('PONG');
  pingBus = () => Promise.resolve('PONG');
  subscribe(channel: string, onMessage: (message: Buffer) => void): Promise<unknown> {
    if (this.refuses) return Promise.reject(new Error('NOPERM no channel for you'));
    this.channels.set(channel, onMessage);
    return Promise.resolve();
  }
  resetCommands = () => undefined;
  resetBus = () => undefined;
  close = () => Promise.resolve();
  answerOf = (error: unknown) => (error as Error).message;
}

async function opened({ refuses = false } = {}) {
  const clock = new ManualClock();
  const raw = new ScriptedClient();
  raw.refuses = refuses;
  const ports = { scheduler: clock, random: () => 0, afterPoll: (task: () => void) => task() };
  const store = new GuardedStore(raw, { busPingMs: 1_000 }, ports);
  const told: string[] = [];
  store.listen({
    busRestored: () => told.push('restored'),
    busLost: (reason) => told.push(`lost: ${reason ?? 'the connection'}`),
  });
  await store.open();
  raw.events?.commandsUp();
  raw.events?.busUp();
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 100) {
      clock.advance(100);
      for (let i = 0; i < 20; i++) await Promise.resolve();
    }
  };
  await pass(100);
  return { raw, store, told, pass };
}

const SILENT = 'lost: what this process says to itself does not come back';

describe('the bus', () => {
  it('is lost while messages are swallowed, however well the connection answers', async () => {
    const { raw, store, told, pass } = await opened();
    await store.echo('own');
    await pass(10_000);
    expect([store.hears, told]).toEqual([true, ['restored']]);
    raw.swallows = true;
    await pass(4_000);
    expect([store.hears, told]).toEqual([false, ['restored', SILENT]]);
    // A new connection alone proves nothing.
    raw.events?.busDown();
    raw.events?.busUp();
    await pass(10_000);
    expect([store.hears, told]).toEqual([false, ['restored', SILENT]]);
    raw.swallows = false;
    await pass(2_000);
    expect([store.hears, told]).toEqual([true, ['restored', SILENT, 'restored']]);
  });

  it('says why it cannot be had, once, and is asked for until it can', async () => {
    const { raw, store, told, pass } = await opened({ refuses: true });
    const before = [...told];
    await expect(store.echo('own')).rejects.toThrow('NOPERM');
    await pass(5_000);
    expect([store.hears, before, told]).toEqual([
      false,
      ['restored'],
      ['restored', 'lost: NOPERM no channel for you'],
    ]);
    raw.refuses = false;
    await pass(2_000);
    expect([store.hears, told.at(-1)]).toEqual([true, 'restored']);
  });

  it('says why also where it is refused by the first connection', async () => {
    const { raw, store, told, pass } = await opened();
    await store.echo('own');
    raw.refuses = true;
    raw.events?.busDown();
    raw.events?.busUp();
    await pass(3_000);
    expect(store.hears).toBe(false);
    expect(told.slice(1)).toEqual(['lost: the connection', 'lost: NOPERM no channel for you']);
  });

  it('is not lost for what could not even be said', async () => {
    const { raw, store, told, pass } = await opened();
    await store.echo('own');
    raw.send = () => Promise.reject(new Error('NOPERM no publishing'));
    await pass(10_000);
    expect([store.hears, told]).toEqual([true, ['restored']]);
  });
});
