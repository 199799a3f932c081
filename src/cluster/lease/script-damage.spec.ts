import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { TagFences, isToken, resolveLeaseSettings } from '../kernel/index.js';
import type { ClaimReply } from '../kernel/index.js';
import { fakeEngine, machineEngine, redisEngine } from '../testing/script-engine.js';
import type { ScriptEngine } from '../testing/script-engine.js';
import { encodeFrame, writeToken } from './frame.js';
import { LeaseCommands } from './lease-commands.js';
import { EPOCHS } from './scripts/epochs.script.js';

const settings = resolveLeaseSettings({});
const MUCH = '9999999999999999';

describe.each([
  ['the memory of a machine', fakeEngine],
  ['the store of a machine', machineEngine],
  ['a real store', redisEngine],
])('the scripts on damaged bytes in %s', (_, start) => {
  let engine: ScriptEngine;
  let commands: LeaseCommands;
  let hash: string;
  let hashes = 0;

  beforeAll(async () => {
    engine = await start();
    commands = new LeaseCommands(engine.store, settings, 'A');
  });
  afterAll(() => engine.stop());
  beforeEach(() => {
    hash = `hash-${++hashes}`.padEnd(22, '-');
  });

  function put(letter: string, bytes: Uint8Array | string) {
    return engine.put(`bw1:{${hash}}:${letter}`, Buffer.from(bytes));
  }

  function claim(haveToken = 0, joined = 0): Promise<ClaimReply> {
    return commands.claim(hash, {
      ...{ nonce: 'n', fenceMs: 60_000, peek: false, acceptStale: false, hold: false },
      ...{ haveToken, dead: '', joined, floor: 0 },
    });
  }

  async function expectLead(reply: Promise<ClaimReply>): Promise<void> {
    const { kind, token } = (await reply) as { kind: string; token: number };
    expect(kind).toBe('lead');
    const identity = `${token}:A:n`;
    const lead = { hash, identity, fenceMs: 60_000 };
    const frame = encodeFrame(Buffer.from('new'), { token, freshMs: 60_000, keepMs: 60_000 });
    expect(await commands.publish(lead, frame, 60_000)).toBe(true);
    expect(await claim()).toMatchObject({ kind: 'value', value: { token } });
  }

  it.each(['', ':', 'x', '1', `${MUCH}:B:n`, ':B:n'])(
    'take no lease for one: %j',
    async (lease) => {
      await put('l', lease);
      await expectLead(claim());
    },
  );

  it.each(['', 'S', 'Sx:', 'S1', 'x1:', `S${MUCH}:x`])(
    'take no outcome for one: %j',
    async (bytes) => {
      await put('r', bytes);
      await expectLead(claim(0, 1));
    },
  );

  it.each(['', 'x', MUCH, `${MUCH}:B:n`])('give a token after no fence: %j', async (fence) => {
    await put('f', fence);
    await expectLead(claim());
  });

  it.each([NaN, Infinity, -7, 2 ** 52, 2 ** 53, 1e300])(
    'take no value for one, of token %d',
    async (its) => {
      const frame = encodeFrame(Buffer.from('old'), { token: 7, freshMs: 60_000, keepMs: 90_000 });
      writeToken(frame, its);
      await put('v2', frame);
      await expectLead(claim());
    },
  );

  it('take no value for one, of two tokens', async () => {
    const frame = encodeFrame(Buffer.from('old'), { token: 7, freshMs: 60_000, keepMs: 90_000 });
    frame.writeUInt8(frame.readUInt8(25) ^ 0x10, 25);
    await put('v2', frame);
    await expectLead(claim());
  });

  it.each([0, 7])('say that a value is damaged to who has token %d', async (have) => {
    const frame = encodeFrame(Buffer.from('old'), {
      ...{ token: 7, freshMs: 60_000, keepMs: 90_000, tags: ['a tag'] },
    });
    frame.writeUInt8(frame.readUInt8(43) ^ 1, 43);
    await put('v2', frame);
    expect(await claim(have)).toEqual({ kind: 'damaged', token: 7 });
  });

  it.each(['', 'x', '1x', MUCH])(
    'let nothing pass a fence of a tag that is damaged: %j',
    async (fence) => {
      const fences = new TagFences(commands, () => undefined);
      const tag = `t ${hash}`;
      await engine.put(`bw1:t:${tag}`, Buffer.from(fence));
      await expect(commands.tagFence(tag)).rejects.toThrow(TypeError);
      const value = { token: 7, ageMs: 0, freshMs: 1, keepMs: 1, tags: [tag] };
      expect(await fences.unlessVoid(value)).toBeUndefined();
      const fenced = await fences.invalidate(tag);
      expect(isToken(fenced)).toBe(true);
      expect(await commands.tagFence(tag)).toBe(fenced);
    },
  );

  it.each(['', 'x', `${MUCH} \n`, 'x \n1', `${MUCH} bmFtZQ\n`])(
    'begin epochs instead of %j',
    async (told) => {
      const key = `epochs ${hash}`;
      await engine.put(key, Buffer.from(told));
      const run = (mode: string) =>
        engine.store.run(EPOCHS, [key], [60_000, commands.bus, mode, '', 10, '', '']);
      const [list] = (await run('r')) as [Buffer];
      expect(list.toString()).toBe('');
      const [begun] = (await run('b')) as [Buffer];
      const epoch = Number(/^(\d+) \n$/.exec(begun.toString())?.[1]);
      expect(isToken(epoch)).toBe(true);
      const [purged] = (await run('p')) as [Buffer];
      expect(Number(/^(\d+) \n$/.exec(purged.toString())?.[1])).toBeGreaterThan(epoch);
    },
  );
});
