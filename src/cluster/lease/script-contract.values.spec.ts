import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { resolveLeaseSettings } from '../kernel/index.js';
import { fakeEngine, redisEngine } from '../testing/script-engine.js';
import type { ScriptEngine } from '../testing/script-engine.js';
import { encodeFrame } from './frame.js';
import { LeaseCommands } from './lease-commands.js';
import type { ClaimArguments } from './lease-commands.js';
import { EPOCH } from './scripts/epoch.script.js';
import { TagFences } from './tag-fences.js';

const LEASE_MS = 80;
const FENCE_MS = 400;
const settings = resolveLeaseSettings({
  leaseMs: LEASE_MS,
  ownerWatchMs: 20,
  graceMs: 10,
  fenceMs: FENCE_MS,
  outcomeMs: 100,
  patienceMs: 50,
});

describe.each([
  ['the model', fakeEngine],
  ['a real store', redisEngine],
])('the scripts beside flights on %s', (_, start) => {
  let engine: ScriptEngine;
  let a: LeaseCommands;
  let b: LeaseCommands;
  let hash: string;
  let heard: string[];
  let hashes = 0;
  let nonces = 0;

  beforeAll(async () => {
    engine = await start();
    a = new LeaseCommands(engine.store, settings, 'A');
    b = new LeaseCommands(engine.store, settings, 'B');
    await engine.store.subscribe(a.bus, (message) => {
      // What an earlier test has said may still arrive.
      if (message.includes(hash)) heard.push(message.toString());
    });
  });
  afterAll(() => engine.stop());
  beforeEach(() => {
    hash = `hash-${++hashes}`.padEnd(22, '-');
    heard = [];
  });

  function claim(commands: LeaseCommands, more: Partial<ClaimArguments> = {}) {
    return commands.claim(hash, {
      nonce: `n${++nonces}`,
      fenceMs: FENCE_MS,
      ...{ peek: false, acceptStale: false, hold: false },
      ...{ haveToken: 0, dead: '', joined: 0, floor: 0 },
      ...more,
    });
  }

  async function lead(commands: LeaseCommands, more: Partial<ClaimArguments> = {}) {
    const nonce = `lead${++nonces}`;
    const reply = await claim(commands, { nonce, ...more });
    if (reply.kind !== 'lead') throw new Error(reply.kind);
    const identity = `${reply.token}:${commands.instance}:${nonce}`;
    return { nonce, token: reply.token, reply, hash, identity, fenceMs: FENCE_MS };
  }

  function frame(token: number, body = 'body', { freshMs = 60_000, tags = [] as string[] } = {}) {
    return encodeFrame(Buffer.from(body), { token, freshMs, keepMs: 100_000, tags });
  }

  /** Messages come over another connection than answers. */
  async function messages(count: number): Promise<string[]> {
    while (heard.length < count) await new Promise((next) => setTimeout(next, 1));
    return heard;
  }

  it('accept an offer only where there is no trace of the key', async () => {
    const token = await a.offer(hash, frame(1, 'offered'), 50_000, 7);
    expect(token).toBeGreaterThan(7);
    const got = await claim(b);
    expect(got).toMatchObject({ kind: 'value', value: { token } });
    expect(got.kind === 'value' && got.value.ageMs).toBeGreaterThanOrEqual(50_000);
    expect(await b.offer(hash, frame(1), 50_000, 7)).toBe(0);
    await b.invalidate(hash, 'key', FENCE_MS);
    expect(await a.offer(hash, frame(1), 50_000, 7)).toBe(0);
  });

  it('put a value ahead of the flight under way', async () => {
    const led = await lead(a);
    const token = await b.put({ hash, key: 'key', fenceMs: FENCE_MS }, frame(0, 'put'), 100_000);
    expect(token).toBeGreaterThan(led.token);
    expect(await a.publish(led, frame(led.token), 100_000)).toBe(false);
    const got = await claim(a);
    expect(got.kind === 'value' && got.value.payload?.toString()).toBe('put');
    expect((await messages(1))[0]).toBe(`w ${token} ${hash} B key`);
  });

  it('begin, keep, restore and raise the epoch of a name', async () => {
    const epoch = async (known: number, next: number) =>
      (await engine.store.run(
        EPOCH,
        [`bw1:e:${hash}`],
        [known, next, 60_000, a.bus, `a ${hash}`],
      )) as number[];
    const [first = 0, missing] = await epoch(0, 0);
    expect(missing).toBe(1);
    // Never from the beginning: under an epoch that was lost there may still be something.
    expect(first).toBeGreaterThan(1e15);
    expect(await epoch(0, 0)).toEqual([first, 0]);
    const [second = 0] = await epoch(0, 1);
    expect(second).toBeGreaterThan(first);
    await engine.flush();
    expect(await epoch(second, 0)).toEqual([second, 1]);
    expect(await messages(3)).toEqual([
      `e ${first} a ${hash}`,
      `p ${second} a ${hash}`,
      `e ${second} a ${hash}`,
    ]);
  });

  it('raise the fence of a tag', async () => {
    const tags = new TagFences(engine.store, settings, a.bus);
    expect(await tags.latest([`t ${hash}`, 'none'])).toBe(0);
    const first = await tags.invalidate(`t ${hash}`);
    const second = await tags.invalidate(`t ${hash}`);
    expect(second).toBeGreaterThan(first);
    expect(await tags.latest(['none', `t ${hash}`])).toBe(second);
    expect((await messages(2))[1]).toBe(`t ${second} t ${hash}`);
  });
});
