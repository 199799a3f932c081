import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../ground/manual-clock.js';
import { ReplayBody } from './replay-body.js';
import type { ReplayOptions } from './body-source.js';
import { BodyDesk, PouringSource, Room, bodyBy, pattern, turn, until } from './testing/readers.js';

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

describe('a body that memory holds', () => {
  it('is written to all, whenever they come and however fast they read', async () => {
    const bytes = pattern(3 * MIB + 5);
    const body = bodyOf();
    const source = new PouringSource(body, bytes);
    const fast = (await desk.ask()).read();
    const slow = await desk.ask();
    body.sendTo(fast.response);
    body.sendTo(slow.response);
    await source.pour(2 * MIB);
    await until(() => fast.received === 2 * MIB, 'what there is, before the end of it');
    const late = (await desk.ask()).read();
    body.sendTo(late.response);
    await until(() => late.received === 2 * MIB, 'what there is, from the beginning');
    await source.pour();
    body.end();
    expect([await fast.ended(), await late.ended()]).toEqual(['whole', 'whole']);
    slow.read();
    expect(await slow.ended()).toBe('whole');
    const afterwards = (await desk.ask(bytes.length)).read();
    body.sendTo(afterwards.response);
    await afterwards.ended();
    for (const reader of [fast, slow, late, afterwards])
      expect(reader.bytes.equals(bytes)).toBe(true);
    expect([body.length, body.received, body.isJoinable]).toEqual([
      bytes.length,
      bytes.length,
      true,
    ]);
    expect(await body.completed).toBe(bytes.length);
    expect(body.whole?.equals(bytes)).toBe(true);
    expect([source.pauses, source.aborted]).toEqual([0, undefined]);
  });

  it('lets go of where it came from at its end: whoever keeps it keeps no request and no call', async () => {
    const bodies = Array.from({ length: 8 }, (_, at) => {
      const body = bodyOf({ wanted: true });
      const source = { pause: () => undefined, resume: () => undefined, abort: () => undefined };
      body.from(source);
      body.push(pattern(10));
      if (at % 2 === 0) body.end();
      else body.fail(new Error('broken off'));
      return { body, source: new WeakRef(source) };
    });
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const held = () => bodies.filter(({ source }) => source.deref() !== undefined).length;
    for (let turns = 0; turns < 50 && held() > 1; turns++) {
      await nextTurn();
      collect();
    }
    expect(held()).toBeLessThanOrEqual(1);
    expect(bodies[0]?.body.whole?.length).toBe(10);
  });

  it('is never held up by one who reads nothing', async () => {
    const bytes = pattern(4 * MIB);
    const body = bodyOf();
    const source = new PouringSource(body, bytes);
    const slow = await desk.ask();
    const fast = (await desk.ask()).read();
    body.sendTo(slow.response);
    body.sendTo(fast.response);
    await source.pour();
    body.end();
    expect(await fast.ended()).toBe('whole');
    clock.advance(60_000);
    expect(slow.response.destroyed).toBe(false);
    slow.leave();
    await until(() => slow.response.destroyed, 'the slow one to be gone');
    expect(room.taken).toBe(0);
  });

  it('is written in part, also before it is there', async () => {
    const bytes = pattern(200_000);
    const body = bodyOf({ length: bytes.length });
    const source = new PouringSource(body, bytes, 30_000);
    const parts = [
      [0, 1],
      [29_999, 60_001],
      [150_000, 200_000],
    ] as const;
    const readers = await Promise.all(
      parts.map(async ([start, end]) => {
        const reader = (await desk.ask(end - start)).read();
        body.sendTo(reader.response, start, end);
        return { reader, expected: bytes.subarray(start, end) };
      }),
    );
    await source.pour(70_000);
    expect(await readers[0]?.reader.ended()).toBe('whole');
    expect(await readers[1]?.reader.ended()).toBe('whole');
    await source.pour();
    body.end();
    for (const { reader, expected } of readers) {
      expect(await reader.ended()).toBe('whole');
      expect(reader.bytes.equals(expected)).toBe(true);
    }
  });

  it('may be empty', async () => {
    const body = bodyOf();
    const reader = (await desk.ask()).read();
    body.sendTo(reader.response);
    body.push(Buffer.alloc(0));
    body.end();
    expect(await reader.ended()).toBe('whole');
    expect([body.length, body.whole?.length, reader.received]).toEqual([0, 0, 0]);
  });

  it('may be there from the beginning', async () => {
    const body = ReplayBody.of(Buffer.from('all of it'));
    const reader = (await desk.ask()).read();
    let done = 0;
    body.sendTo(reader.response, 4, 6, () => done++);
    expect(await reader.ended()).toBe('whole');
    expect([String(reader.bytes), body.length, body.isBeyondMemory, done]).toEqual([
      'of',
      9,
      false,
      1,
    ]);
    expect(await body.completed).toBe(9);
  });

  it('keeps no buffer of which it has a small part', () => {
    const large = Buffer.alloc(65_536);
    const body = bodyOf();
    body.push(large.subarray(7, 5_007));
    const whole = Buffer.alloc(65_536);
    body.push(whole);
    const { pieces } = body as unknown as { pieces: { all: readonly Buffer[] } };
    const held = pieces.all.map(({ buffer }) => buffer);
    expect([held.includes(large.buffer), held.includes(whole.buffer)]).toEqual([false, true]);
  });

  it('is put together of small pieces, and keeps none of their buffers', async () => {
    const bytes = pattern(100_000);
    const body = bodyOf();
    const reader = (await desk.ask()).read();
    body.sendTo(reader.response);
    // As a parser gives them: each is a view of a buffer that holds far more, and is used again.
    const large = Buffer.alloc(65_536);
    for (let at = 0; at < bytes.length; at += 10) {
      bytes.copy(large, 7, at, at + 10);
      body.push(large.subarray(7, 17));
      large.fill(0);
      // What a reader has of a block is not changed by what is added to that.
      if (at % 5_000 === 0) await turn();
    }
    const { pieces } = body as unknown as { pieces: { all: readonly Buffer[] } };
    // The first has room for itself alone: most bodies have no other.
    expect(pieces.all.length).toBeLessThanOrEqual(Math.ceil(bytes.length / 16_000) + 1);
    expect(pieces.all.some(({ buffer }) => buffer === large.buffer)).toBe(false);
    body.end();
    expect(await reader.ended()).toBe('whole');
    expect(reader.bytes.equals(bytes)).toBe(true);
    expect(body.whole?.equals(bytes)).toBe(true);
    expect(body.whole?.buffer.byteLength).toBe(bytes.length);
  });

  it('is begun by nobody once it has broken, even before its first byte', () => {
    const body = bodyOf();
    expect(body.isJoinable).toBe(true);
    body.fail(new Error('reset'));
    expect(body.isJoinable).toBe(false);
  });

  it('takes no more memory than its bytes where it comes in one small piece, and copies that once', () => {
    const body = bodyOf();
    const large = Buffer.alloc(65_536, 'x');
    body.push(large.subarray(7, 1_031));
    const { pieces } = body as unknown as { pieces: { all: readonly Buffer[] } };
    const [held] = pieces.all;
    expect(held?.buffer.byteLength).toBe(1_024);
    body.end();
    expect(body.whole).toBe(held);
  });

  it('keeps the order of large pieces among small ones', async () => {
    const bytes = pattern(60_000);
    const body = bodyOf();
    const reader = (await desk.ask()).read();
    body.sendTo(reader.response);
    let at = 0;
    for (const size of [1, 4_096, 10, 10, 16_380, 5, 30_000, 4_095, 4_095]) {
      body.push(bytes.subarray(at, at + size));
      at += size;
    }
    body.push(bytes.subarray(at));
    body.end();
    expect(await reader.ended()).toBe('whole');
    expect(reader.bytes.equals(bytes)).toBe(true);
  });
});

describe('a body that breaks', () => {
  it.each([
    ['of a known length', 100_000],
    ['in chunks', undefined],
  ])('is whole for nobody, %s', async (_, length) => {
    const bytes = pattern(100_000);
    const body = bodyOf({ length });
    const source = new PouringSource(body, bytes);
    const reader = (await desk.ask(length)).read();
    const pausing = await desk.ask(length);
    body.sendTo(reader.response);
    body.sendTo(pausing.response);
    await source.pour(90_000);
    await until(() => reader.received === 90_000, 'the part that has come');
    body.fail(new Error('truncated'));
    pausing.read();
    expect([await reader.ended(), await pausing.ended()]).toEqual(['cut', 'cut']);
    await expect(body.completed).rejects.toThrow('truncated');
    expect([body.isJoinable, body.error?.message, room.taken]).toEqual([false, 'truncated', 0]);
    // What comes then is for nobody any more, and nobody begins.
    body.push(bytes);
    body.end();
    body.fail(new Error('another'));
    const late = (await desk.ask(length)).read();
    let done = 0;
    body.sendTo(late.response, 0, Infinity, () => done++);
    expect([await late.ended(), body.received, done]).toEqual(['cut', 90_000, 1]);
  });

  it('resets the connection where its end alone would tell that it is whole', async () => {
    const body = bodyOf();
    const { response, received, ended } = await desk.askOld();
    body.sendTo(response);
    body.push(Buffer.from('some of it'));
    // A reset that overtakes what was written is taken for an end by some clients.
    await received;
    body.fail(new Error('truncated'));
    expect(await ended).toBe('reset');
  });

  it('breaks where there is no room, and has the source end', async () => {
    room = new Room(100_000);
    const body = bodyOf();
    const source = new PouringSource(body, pattern(200_000));
    const reader = (await desk.ask()).read();
    body.sendTo(reader.response);
    await source.pour();
    expect(await reader.ended()).toBe('cut');
    expect([source.aborted?.message, body.error?.message, room.taken]).toEqual([
      'no room',
      'no room',
      0,
    ]);
  });
});
