import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../ground/manual-clock.js';
import { GuardedStore } from './guarded-store.js';
import type { RawClientEvents, RawCommand, RawStoreClient } from './raw-store-client.js';

/** A store of which the test says what becomes of messages. */
class ScriptedClient implements RawStoreClient {
  readonly clustered = false;
  swallows = false;
  refuses = false;
  /** Whether pings of the bus are answered. */
  answers = true;
  /** What becomes of a subscription before it is in force. */
  confirms: () => Promise<unknown> = () => Promise.resolve();
  subscribed = 0;
  resets = 0;
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
  pingBus = () => (this.answers ? Promise.resolve('PONG') : never());
  async subscribe(channel: string, onMessage: (message: Buffer) => void): Promise<void> {
    this.subscribed += 1;
    if (this.refuses) throw new Error('NOPERM no channel for you');
    await this.confirms();
    this.channels.set(channel, onMessage);
  }
  resetCommands = () => undefined;
  resetBus = () => {
    this.resets += 1;
    this.events?.busUp();
  };
  close = () => Promise.resolve();
  answerOf = (error: unknown) => (error as Error).message;
}

const never = () => new Promise<never>(() => undefined);

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
  const after = (ms: number) =>
    new Promise<void>((resolve) => {
      clock.schedule(resolve, ms);
    });
  return { raw, store, told, pass, after };
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

  it('comes back from subscriptions that are never confirmed, whatever the pings say', async () => {
    const { raw, store, told, pass } = await opened();
    await store.subscribe('a', () => undefined);
    raw.confirms = never;
    raw.events?.busDown();
    raw.events?.busUp();
    await pass(3_900);
    expect([raw.resets, told]).toEqual([0, ['restored', 'lost: the connection']]);
    await pass(200);
    expect([raw.resets, told.at(-1)]).toEqual([1, 'lost: its subscriptions are not confirmed']);
    raw.confirms = () => Promise.resolve();
    await pass(7_000);
    expect([raw.resets, store.hears, told.slice(2)]).toEqual([
      2,
      true,
      ['lost: its subscriptions are not confirmed', 'restored'],
    ]);
  });

  it('gives a connection up that goes silent while it is subscribed', async () => {
    const { raw, store, pass } = await opened();
    await store.subscribe('a', () => undefined);
    raw.answers = false;
    raw.events?.busDown();
    raw.events?.busUp();
    await pass(3_000);
    expect(raw.resets).toBe(1);
    raw.answers = true;
    await pass(4_000);
    expect([raw.resets, store.hears]).toEqual([2, true]);
  });

  it('waits for a subscription that takes longer than a ping, and asks for it once', async () => {
    const { raw, store, pass, after } = await opened();
    await store.subscribe('a', () => undefined);
    raw.confirms = () => after(2_500);
    raw.events?.busDown();
    raw.events?.busUp();
    await pass(2_600);
    expect([raw.subscribed, raw.resets, store.hears]).toEqual([2, 0, true]);
  });

  it('waits longer each time, so that a store which takes long gets there', async () => {
    const { raw, store, pass, after } = await opened();
    await store.subscribe('a', () => undefined);
    raw.confirms = () => after(9_000);
    raw.events?.busDown();
    raw.events?.busUp();
    await pass(4_000 + 7_000 + 9_100);
    expect([raw.resets, store.hears]).toEqual([2, true]);
  });

  it('keeps nobody waiting who subscribes on a connection that is lost meanwhile', async () => {
    const { raw, store, pass } = await opened();
    raw.confirms = never;
    let done = 0;
    const count = () => (done += 1);
    void store.subscribe('a', () => undefined).then(count);
    await pass(100);
    expect(done).toBe(0);
    raw.events?.busDown();
    await pass(100);
    expect(done).toBe(1);
    raw.events?.busUp();
    void store.subscribe('b', () => undefined).then(count);
    await pass(4_000);
    expect([done, raw.resets]).toEqual([2, 1]);
  });

  it('asks again for what a store that was not ready has not taken', async () => {
    const { raw, store, told, pass } = await opened();
    raw.confirms = () => Promise.reject(new Error('CLUSTERDOWN not now'));
    await store.subscribe('a', () => undefined);
    expect([store.hears, told]).toEqual([false, ['restored', 'lost: the connection']]);
    raw.confirms = () => Promise.resolve();
    await pass(1_100);
    expect([store.hears, told.at(-1)]).toEqual([true, 'restored']);
  });
});
