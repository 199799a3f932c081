import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { resolveLeaseSettings } from '../kernel/index.js';
import type { ClaimArguments } from '../kernel/index.js';
import { fakeEngine, machineEngine, redisEngine } from '../testing/script-engine.js';
import type { ScriptEngine } from '../testing/script-engine.js';
import { encodeFrame, encodeOutcome } from './frame.js';
import { LeaseCommands } from './lease-commands.js';
import { EPOCHS } from './scripts/epochs.script.js';

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

  function frame(token: number, body = 'body', { freshMs = 60_000, uncut = false } = {}) {
    return encodeFrame(Buffer.from(body), { token, freshMs, keepMs: 100_000, uncut });
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

  it('cut no value to what a claimant takes for fresh where it says itself how long it is', async () => {
    const put = (value: Buffer) => b.put({ hash, key: 'key', fenceMs: FENCE_MS }, value, 99_000);
    await put(frame(0, 'cut', { freshMs: 60_000 }));
    expect(await claim(a, { freshMs: 500, peek: true })).toEqual({ kind: 'nothing' });
    await put(frame(0, 'uncut', { freshMs: 60_000, uncut: true }));
    expect(await claim(a, { freshMs: 500, peek: true })).toMatchObject({
      kind: 'value',
      value: { uncut: true },
    });
    await put(frame(0, 'stale', { freshMs: 900, uncut: true }));
    expect(await claim(a, { peek: true })).toEqual({ kind: 'nothing' });
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

  it('ask for epochs that nobody has said, and begin, raise, learn and keep them', async () => {
    const epochs = async (mode: string, known = '', name = '', most = 3) => {
      const args = [60_000, a.bus, mode, known, most, `${name} ${hash}`, name];
      const [list, missing] = (await engine.store.run(EPOCHS, [`bw1:${hash}`], args)) as [
        Buffer,
        number,
      ];
      const lines = list
        .toString()
        .split('\n')
        .slice(0, -1)
        .map((line) => line.split(' '));
      const of: Record<string, number> = {};
      for (const [epoch, name = ''] of lines) of[name] = Number(epoch);
      return { missing, of };
    };
    const everything: string[] = [];
    await engine.store.subscribe(a.bus, (message) => void everything.push(message.toString()));

    expect(await epochs('r')).toEqual({ missing: 1, of: {} });
    const begun = await epochs('b');
    // Never from the beginning: under epochs that were lost there may still be something.
    expect(begun.of['']).toBeGreaterThan(1e15);
    expect(await epochs('r')).toEqual({ missing: 0, of: begun.of });
    expect(await epochs('b')).toEqual({ missing: 0, of: begun.of });

    const purged = await epochs('p', '', 'Zw');
    expect(Object.keys(purged.of).toSorted()).toEqual(['', 'Zw']);
    expect(purged.of['']).toBe(begun.of['']);
    expect(purged.of['Zw']).toBeGreaterThan(begun.of[''] ?? NaN);

    const said = Object.entries(purged.of)
      .map(([name, epoch]) => `${epoch} ${name}\n`)
      .join('');
    await engine.flush();
    expect(await epochs('r', said)).toEqual({ missing: 1, of: purged.of });
    expect(await epochs('r', said)).toEqual({ missing: 0, of: purged.of });
    const more = await epochs('r', `7 \n9 YQ\n`);
    expect(more).toEqual({ missing: 0, of: { ...purged.of, YQ: 9 } });

    const all = await epochs('p', '', 'too-many');
    expect(Object.keys(all.of)).toEqual(['']);
    expect(all.of['']).toBeGreaterThan(purged.of['Zw'] ?? NaN);

    const { '': first = 0 } = begun.of;
    while (everything.length < 6) await new Promise((next) => setTimeout(next, 1));
    expect(everything).toEqual([
      'q 0 ',
      `e ${first} `,
      `p ${purged.of['Zw']} Zw ${hash}`,
      `e ${first} `,
      `e ${first} `,
      `p ${all.of['']} `,
    ]);
  });

  it('let epochs into a store that is full', async () => {
    await engine.fill(true);
    try {
      for (const mode of ['b', 'p']) {
        const args = [60_000, a.bus, mode, '', 3, '', ''];
        await engine.store.run(EPOCHS, [`bw1:full:${hash}`], args);
      }
    } finally {
      await engine.fill(false);
    }
  });

  it('raise the fence of a tag', async () => {
    for (const tag of [`t ${hash}`, 'none']) expect(await a.tagFence(tag)).toBe(0);
    const first = await a.fenceTag(`t ${hash}`);
    const second = await a.fenceTag(`t ${hash}`);
    expect(second).toBeGreaterThan(first);
    expect(await a.tagFence('none')).toBe(0);
    expect(await a.tagFence(`t ${hash}`)).toBe(second);
    expect((await messages(2))[1]).toBe(`t ${second} t ${hash}`);
  });

  it('let the fence of a tag into a store that is full', async () => {
    const first = await a.fenceTag(`full ${hash}`);
    await engine.fill(true);
    try {
      expect(await a.fenceTag(`full ${hash}`)).toBeGreaterThan(first);
      expect(await a.fenceTag(`more ${hash}`)).toBeGreaterThanOrEqual(first);
    } finally {
      await engine.fill(false);
    }
    expect(await a.tagFence(`full ${hash}`)).toBeGreaterThan(first);
  });

  it.each([[[]], [['one', 'two: 2']]])(
    'keep an outcome for those who joined its flight, bytes and colons intact, with tags %j',
    async (tags) => {
      const led = await lead(a);
      const payload = Buffer.from([0, 255, 58, 10, 58]);
      await a.settle(led, encodeOutcome(payload, tags));
      expect(await claim(b, { joined: led.token })).toEqual({
        kind: 'outcome',
        token: led.token,
        ...{ tags, payload },
      });
      expect(await claim(b, { joined: led.token + 1 })).toMatchObject({ kind: 'lead' });
    },
  );

  it('give an outcome to nobody who wants nothing that old', async () => {
    const led = await lead(a);
    await a.settle(led, encodeOutcome(Buffer.from('old'), []));
    const floor = led.token;
    expect(await claim(b, { joined: led.token, floor })).toMatchObject({ kind: 'lead' });
  });

  it('take an outcome of another release for one without a payload', async () => {
    const led = await lead(a);
    await a.settle(led, Buffer.from('\u0001as it was before'));
    expect(await claim(b, { joined: led.token })).toMatchObject({
      kind: 'outcome',
      payload: Buffer.alloc(0),
    });
  });
});
