import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../ground/manual-clock.js';
import type { ReplayBody } from './replay-body.js';
import type { ReplayOptions } from './body-source.js';
import { SpillFolder } from './spill-file.js';
import { BodyDesk, PouringSource, Room, bodyBy, pattern, until } from './testing/readers.js';

const MIB = 2 ** 20;

let desk: BodyDesk;
let clock: ManualClock;
let room: Room;

beforeAll(async () => {
  desk = await BodyDesk.open();
});

afterAll(() => desk.close());

beforeEach(() => {
  clock = new ManualClock();
  room = new Room();
});

function bodyOf(options: Partial<ReplayOptions> = {}): ReplayBody {
  return bodyBy(clock, { count: room, ...options });
}

describe('a body larger than memory holds, without a folder', () => {
  const LARGE = 24 * MIB;

  it('comes at the pace of the slowest, and takes no more memory than a window', async () => {
    const bytes = pattern(LARGE);
    const body = bodyOf({ length: LARGE });
    const source = new PouringSource(body, bytes);
    const fast = (await desk.ask(LARGE)).read();
    const slow = await desk.ask(LARGE);
    body.sendTo(fast.response);
    body.sendTo(slow.response);
    const poured = source.pour().then(() => body.end());
    await until(
      () => source.isPaused && fast.received === source.poured,
      'the slow one to hold all up',
    );
    expect(source.poured).toBeLessThan(LARGE);
    expect([body.isBeyondMemory, body.isJoinable]).toEqual([true, false]);
    slow.read();
    await poured;
    expect([await fast.ended(), await slow.ended()]).toEqual(['whole', 'whole']);
    expect(fast.bytes.equals(bytes) && slow.bytes.equals(bytes)).toBe(true);
    expect(room.most).toBeLessThanOrEqual(MIB + 2 * 65_536);
    expect([room.taken, clock.pending]).toEqual([0, 0]);
  });

  it('cuts off whoever takes nothing while others wait, and nobody else', async () => {
    const bytes = pattern(LARGE);
    const body = bodyOf({ length: LARGE });
    const source = new PouringSource(body, bytes);
    const fast = (await desk.ask(LARGE)).read();
    const slow = await desk.ask(LARGE);
    body.sendTo(fast.response);
    body.sendTo(slow.response);
    const poured = source.pour().then(() => body.end());
    await until(
      () => source.isPaused && fast.received === source.poured,
      'the slow one to hold all up',
    );
    clock.advance(9_000);
    expect(slow.response.destroyed).toBe(false);
    clock.advance(3_500);
    expect(slow.response.destroyed).toBe(true);
    await poured;
    slow.read();
    expect([await fast.ended(), await slow.ended()]).toEqual(['whole', 'cut']);
    expect(fast.bytes.equals(bytes)).toBe(true);
    expect(room.taken).toBe(0);
  });

  it('closes for those who come late once it has let go of its beginning', async () => {
    const bytes = pattern(8 * MIB);
    const body = bodyOf();
    const source = new PouringSource(body, bytes);
    const early = (await desk.ask()).read();
    body.sendTo(early.response);
    await source.pour(4 * MIB);
    expect([body.isBeyondMemory, body.isJoinable]).toEqual([false, true]);
    await source.pour(6 * MIB);
    expect([body.isBeyondMemory, body.isJoinable]).toEqual([true, false]);
    const late = (await desk.ask()).read();
    body.sendTo(late.response);
    expect(await late.ended()).toBe('cut');
    await source.pour();
    body.end();
    expect(await early.ended()).toBe('whole');
    expect(early.bytes.equals(bytes)).toBe(true);
    expect(body.whole).toBeUndefined();
  });
});

describe('a body larger than memory holds, with a folder', () => {
  let directory: string;
  let folder: SpillFolder;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'spill-'));
    folder = new SpillFolder(directory, 200 * MIB);
  });

  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('is held up by nobody, and read from its beginning by who comes late', async () => {
    const bytes = pattern(32 * MIB);
    const body = bodyOf({ spill: folder });
    const source = new PouringSource(body, bytes);
    const fast = (await desk.ask()).read();
    const slow = await desk.ask();
    body.sendTo(fast.response);
    body.sendTo(slow.response);
    await source.pour(20 * MIB);
    clock.advance(60_000);
    expect([slow.response.destroyed, body.isBeyondMemory, body.isJoinable]).toEqual([
      false,
      true,
      true,
    ]);
    const late = (await desk.ask()).read();
    body.sendTo(late.response);
    const part = (await desk.ask(1_000_000)).read();
    body.sendTo(part.response, 3_333_333, 4_333_333);
    await source.pour();
    body.end();
    slow.read();
    for (const reader of [fast, late, slow]) {
      expect(await reader.ended()).toBe('whole');
      expect(reader.bytes.equals(bytes)).toBe(true);
    }
    expect(await part.ended()).toBe('whole');
    expect(part.bytes.equals(bytes.subarray(3_333_333, 4_333_333))).toBe(true);
    expect(await readdir(directory)).toEqual([]);
    await until(() => folder.bytes === 0, 'the file to be given back');
    expect(room.taken).toBe(0);
  });

  it('takes memory for what all read at the same pace, whoever is behind', async () => {
    const bytes = pattern(32 * MIB);
    const body = bodyOf({ spill: folder });
    const source = new PouringSource(body, bytes);
    const slow = await desk.ask();
    body.sendTo(slow.response);
    await source.pour();
    expect(room.most).toBeLessThanOrEqual(8 * MIB + 16 * MIB + 65_536);
    await until(() => room.taken <= 8 * MIB + 65_536, 'memory to be let go of');
    body.fail(new Error('truncated'));
    slow.read();
    expect(await slow.ended()).toBe('cut');
    expect([folder.bytes, room.taken]).toEqual([0, 0]);
  });

  it('does without where there is no room: who is behind is cut off, who keeps up is not', async () => {
    folder = new SpillFolder(directory, 20 * MIB);
    const bytes = pattern(30 * MIB);
    const body = bodyOf({ spill: folder });
    const source = new PouringSource(body, bytes);
    const fast = (await desk.ask()).read();
    const slow = await desk.ask();
    body.sendTo(fast.response);
    body.sendTo(slow.response);
    for (let at = MIB; at <= 30 * MIB; at += MIB) {
      await source.pour(at);
      await until(() => fast.received === at, 'the fast one to keep up');
    }
    body.end();
    expect(await fast.ended()).toBe('whole');
    expect(fast.bytes.equals(bytes)).toBe(true);
    slow.read();
    expect(await slow.ended()).toBe('cut');
    expect([folder.bytes, folder.refusals, room.taken]).toEqual([0, 1, 0]);
  });

  it('does without where no file can be made', async () => {
    folder = new SpillFolder(join(directory, 'file', 'below'), 200 * MIB);
    await writeFile(join(directory, 'file'), '');
    const bytes = pattern(8 * MIB);
    const body = bodyOf({ spill: folder, length: bytes.length });
    const source = new PouringSource(body, bytes);
    const reader = (await desk.ask(bytes.length)).read();
    body.sendTo(reader.response);
    await source.pour();
    body.end();
    expect(await reader.ended()).toBe('whole');
    expect(reader.bytes.equals(bytes)).toBe(true);
    expect([folder.bytes, folder.refusals, room.taken]).toEqual([0, 1, 0]);
  });
});

describe('a body larger than memory holds that is whole before anybody reads it', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'spill-'));
  });

  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('waits for its first reader, who is told of the head and not of the body', async () => {
    const bytes = pattern(3_000);
    for (const spill of [undefined, new SpillFolder(directory, MIB)]) {
      const body = bodyOf({ maxMemoryBytes: 1_000, spill });
      body.push(bytes);
      body.end();
      expect([body.isJoinable, room.taken]).toEqual([true, 0]);
      const reader = (await desk.ask(bytes.length)).read();
      body.sendTo(reader.response);
      expect(await reader.ended()).toBe('whole');
      expect(reader.bytes.equals(bytes)).toBe(true);
      expect(body.isJoinable).toBe(false);
    }
    await until(() => clock.pending === 0, 'the end of the looks for the slow');
  });

  it('is let go of where nobody comes in time, or nobody is to come', async () => {
    const [late, none] = [0, 1].map(() =>
      bodyOf({ maxMemoryBytes: 1_000, spill: new SpillFolder(directory, MIB) }),
    ) as [ReplayBody, ReplayBody];
    for (const body of [late, none]) {
      body.push(pattern(3_000));
      body.end();
    }
    none.discard();
    expect([none.isJoinable, late.isJoinable]).toEqual([false, true]);
    clock.advance(20_000);
    expect([late.isJoinable, clock.pending]).toEqual([false, 0]);
  });
});
