import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { resolveLeaseSettings } from '../kernel/index.js';
import type { ClaimArguments } from '../kernel/index.js';
import { fakeEngine, machineEngine, redisEngine } from '../testing/script-engine.js';
import type { ScriptEngine } from '../testing/script-engine.js';
import { FRAME_VERSION, encodeFrame, encodeOutcome } from './frame.js';
import { LeaseCommands } from './lease-commands.js';

// A busy machine takes a tenth of a second for one command.
const LEASE_MS = 400;
const FENCE_MS = 2_000;
const settings = resolveLeaseSettings({
  leaseMs: LEASE_MS,
  peerWatchMs: 20,
  graceMs: 10,
  fenceMs: FENCE_MS,
  outcomeMs: 100,
  patienceMs: 50,
});

describe.each([
  ['the memory of a machine', fakeEngine],
  ['the store of a machine', machineEngine],
  ['a real store', redisEngine],
])('the scripts on %s', (_, start) => {
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

  function outcome(text: string) {
    return encodeOutcome(Buffer.from(text), []);
  }

  async function publish(commands: LeaseCommands, body = 'body', options?: { freshMs: number }) {
    const led = await lead(commands);
    expect(await commands.publish(led, frame(led.token, body, options), 100_000)).toBe(true);
    return led;
  }

  /** Messages come over another connection than answers. */
  async function messages(count: number): Promise<string[]> {
    while (heard.length < count) await new Promise((next) => setTimeout(next, 1));
    return heard;
  }

  it('lead one, and tell the others who leads and for how long', async () => {
    const led = await lead(a);
    const other = await claim(b);
    expect(other).toMatchObject({ kind: 'led', token: led.token, owner: 'A' });
    expect(other.kind === 'led' && other.leftMs).toBeLessThanOrEqual(LEASE_MS);
  });

  it('grant the same claim again when its answer was lost', async () => {
    const led = await lead(a);
    expect(await claim(a, { nonce: led.nonce })).toMatchObject({ kind: 'lead', token: led.token });
    expect(await claim(a)).toMatchObject({ kind: 'led', token: led.token });
  });

  it('give tokens that only grow, whatever ended the flight before', async () => {
    const first = await lead(a);
    await a.release(first, 0);
    const second = await lead(b);
    await b.publish(second, frame(second.token), 100_000);
    const third = await a.invalidate(hash, 'key', FENCE_MS);
    const fourth = await lead(b, { haveToken: third + 5_000_000 });
    const tokens = [first.token, second.token, third, fourth.token];
    expect(tokens).toEqual(tokens.toSorted((x, y) => x - y));
    expect(new Set(tokens).size).toBe(4);
    expect(fourth.token).toBeGreaterThan(third + 5_000_000);
    expect(Number.isSafeInteger(fourth.token)).toBe(true);
  });

  it('hand out a value with its age, and only its header to who has it', async () => {
    const led = await publish(a);
    await engine.pass(20);
    const got = await claim(b);
    if (got.kind !== 'value') throw new Error(got.kind);
    expect(got.value).toMatchObject({ token: led.token, freshMs: 60_000, keepMs: 100_000 });
    expect(got.value.payload?.toString()).toBe('body');
    expect(got.value.ageMs).toBeGreaterThanOrEqual(19);
    expect(got.value.ageMs).toBeLessThan(5_000);
    const again = await claim(b, { haveToken: led.token });
    expect(again.kind === 'value' && again.value.payload).toBeUndefined();
  });

  it('lead for a fresh value where there is a stale one, unless that will do', async () => {
    const led = await publish(a, 'old', { freshMs: 0 });
    expect(await claim(b, { acceptStale: true })).toMatchObject({
      kind: 'value',
      value: { token: led.token },
    });
    const next = await lead(b);
    expect(next.reply.stale?.payload?.toString()).toBe('old');
  });

  it('tell that a flight has ended, and how', async () => {
    const first = await publish(a);
    await a.invalidate(hash, 'a key: with spaces', FENCE_MS);
    const second = await lead(b);
    await b.settle(second, outcome('no'));
    const third = await lead(a);
    await a.release(third, 50);
    const [done, invalidated, gone, unshared] = await messages(4);
    expect(done).toBe(`d ${first.token} ${hash}`);
    expect(invalidated).toMatch(new RegExp(`^i \\d+ ${hash} a key: with spaces$`));
    expect(gone).toBe(`x ${second.token} ${hash}`);
    expect(unshared).toBe(`u ${third.token} ${hash}`);
  });

  it('tell everybody not to wait, for a while, after what cannot be shared', async () => {
    const led = await lead(a);
    await a.release(led, 600);
    expect(await claim(b)).toMatchObject({ kind: 'unshared' });
    await engine.pass(650);
    expect(await claim(b)).toMatchObject({ kind: 'lead' });
  });

  it('refuse the result of a leader that another one has followed', async () => {
    const first = await lead(a);
    await engine.pass(LEASE_MS + 10);
    const second = await lead(b);
    expect(await a.extend(first)).toBe('lost');
    expect(await a.publish(first, frame(first.token), 100_000)).toBe(false);
    expect(await a.settle(first, outcome('late'))).toBe(false);
    expect(await a.release(first, 1_000)).toBe(false);
    expect(await claim(a)).toMatchObject({ kind: 'led', token: second.token });
  });

  it('take a late result that nobody has overtaken', async () => {
    const led = await lead(a);
    await engine.pass(LEASE_MS + 10);
    expect(await a.publish(led, frame(led.token), 100_000)).toBe(true);
  });

  it('refuse the result of a flight that was invalidated, and tell its waiters', async () => {
    const led = await lead(a);
    await b.invalidate(hash, 'key', FENCE_MS);
    expect(await a.publish(led, frame(led.token), 100_000)).toBe(false);
    expect((await messages(2))[1]).toBe(`x ${led.token} ${hash}`);
    expect(await claim(b)).toMatchObject({ kind: 'lead' });
  });

  it('keep the invalidation of a longer flight in force when a shorter one follows', async () => {
    const long = { ...(await lead(a, { fenceMs: 5_000 })), fenceMs: 5_000 };
    await b.invalidate(hash, 'key', FENCE_MS);
    const short = await lead(b);
    await b.release(short, 0);
    await engine.pass(FENCE_MS + 50);
    expect(await a.publish(long, frame(long.token), 100_000)).toBe(false);
  });

  it('take a result after the store has lost everything, if nobody is ahead', async () => {
    const led = await lead(a);
    await engine.flush();
    expect(await a.publish(led, frame(led.token), 100_000)).toBe(true);
    expect(await claim(b)).toMatchObject({ kind: 'value', value: { token: led.token } });
  });

  it('take an outcome after the store has lost everything, if nobody is ahead', async () => {
    const led = await lead(a);
    await engine.flush();
    expect(await a.settle(led, outcome('no'))).toBe(true);
    expect(await claim(b, { joined: led.token })).toMatchObject({ kind: 'outcome' });
  });

  it('refuse a result after the store has lost everything, if somebody is ahead', async () => {
    const led = await lead(a);
    await engine.flush();
    await lead(b);
    expect(await a.publish(led, frame(led.token), 100_000)).toBe(false);
  });

  it('refuse a result after the store has lost everything, if there is a newer one', async () => {
    const long = { ...(await lead(a, { fenceMs: 5_000 })), fenceMs: 5_000 };
    await engine.flush();
    const newer = await publish(b, 'newer');
    await engine.pass(FENCE_MS + 20);
    expect(await a.publish(long, frame(long.token), 100_000)).toBe(false);
    expect(await claim(a)).toMatchObject({ kind: 'value', value: { token: newer.token } });
  });

  it('refuse a result so late that its fence, not the store, may have gone', async () => {
    const led = await lead(a);
    await engine.flush();
    await engine.pass(FENCE_MS + 20);
    expect(await a.publish(led, frame(led.token), 100_000)).toBe(false);
    expect(await a.extend(led)).toBe('lost');
  });

  it('keep a lease alive, and write it again when the store has lost it', async () => {
    const led = await lead(a);
    expect(await a.extend(led)).toBe('extended');
    await engine.flush();
    expect(await a.extend(led)).toBe('reasserted');
    expect(await claim(b)).toMatchObject({ kind: 'led', token: led.token });
    expect(await a.extend(led)).toBe('extended');
  });

  it('break the lease of a process that is dead, and of no other', async () => {
    const led = await lead(a);
    expect(await claim(b, { dead: 'C' })).toMatchObject({ kind: 'led', token: led.token });
    expect(await claim(b, { dead: 'A', peek: true })).toEqual({ kind: 'nothing' });
    expect(await claim(b, { dead: 'A' })).toMatchObject({ kind: 'lead', broken: true });
  });

  it('lead nothing for a peek, and nothing for who waits for a leader they have forgotten', async () => {
    expect(await claim(a, { peek: true })).toEqual({ kind: 'nothing' });
    expect(await claim(a, { hold: true, joined: 1 })).toEqual({ kind: 'forgotten' });
    expect(await claim(a)).toMatchObject({ kind: 'lead' });
  });

  it('treat what is not above the floor as void: values, and flights under way', async () => {
    const led = await publish(a);
    expect(await claim(b, { floor: led.token - 1 })).toMatchObject({ kind: 'value' });
    const next = await lead(b, { floor: led.token });
    expect(next.reply.stale).toBeUndefined();
    expect(await claim(a, { floor: next.token })).toMatchObject({ kind: 'lead' });
  });

  it('count a value of another version as none', async () => {
    const led = await lead(a);
    const foreign = frame(led.token);
    foreign.writeUInt8(FRAME_VERSION + 1, 2);
    await a.publish(led, foreign, 100_000);
    expect(await claim(b, { acceptStale: true })).toMatchObject({ kind: 'lead', stale: undefined });
  });

  it('change nothing where a full store refuses a value, and give the key back all the same', async () => {
    const led = await lead(a);
    await engine.fill(true);
    try {
      await expect(a.publish(led, frame(led.token), 100_000)).rejects.toThrow('OOM');
      await expect(a.settle(led, outcome('no'))).rejects.toThrow('OOM');
      expect(await claim(b)).toMatchObject({ kind: 'led', token: led.token });
      expect(await a.release(led, 1_000)).toBe(true);
      expect(await claim(b)).toMatchObject({ kind: 'unshared' });
      expect(await b.invalidate(hash, 'key', FENCE_MS)).toBeGreaterThan(led.token);
      await expect(claim(b)).rejects.toThrow('OOM');
    } finally {
      await engine.fill(false);
    }
    expect(await a.publish(led, frame(led.token), 100_000)).toBe(false);
  });
});
