import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../ground/manual-clock.js';
import { NobodyReadsError } from './body-source.js';
import type { ReplayBody } from './replay-body.js';
import type { ReplayOptions } from './body-source.js';
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

describe('a body that nobody reads', () => {
  it('ends its source with the last reader, and not before', async () => {
    const body = bodyOf({ length: 1_000_000 });
    const source = new PouringSource(body, pattern(1_000_000));
    const first = (await desk.ask()).read();
    const second = (await desk.ask()).read();
    body.sendTo(first.response);
    body.sendTo(second.response);
    await source.pour(900_000);
    first.leave();
    await until(() => first.response.destroyed, 'the first to be gone');
    expect(source.aborted).toBeUndefined();
    second.leave();
    await until(() => source.aborted !== undefined, 'the source to end');
    expect(source.aborted).toBeInstanceOf(NobodyReadsError);
    await expect(body.completed).rejects.toMatchObject({ code: 'BREAKWATER_NOBODY_READS' });
    expect([body.isJoinable, room.taken]).toEqual([false, 0]);
  });

  it.each([
    { what: 'half is there', length: 4 * MIB, there: 2 * MIB, wanted: true, goesOn: true },
    { what: 'little is to come', length: MIB + 65_536, there: 65_536, wanted: true, goesOn: true },
    { what: 'much is to come', length: 4 * MIB, there: MIB, wanted: true, goesOn: false },
    { what: 'nobody wants it', length: 4 * MIB, there: 3 * MIB, wanted: false, goesOn: false },
    {
      what: 'its length is not known',
      length: undefined,
      there: 3 * MIB,
      wanted: true,
      goesOn: false,
    },
  ])(
    'is taken to its end if it is worth that: $what',
    async ({ length, there, wanted, goesOn }) => {
      const bytes = pattern(length ?? 4 * MIB);
      const body = bodyOf({ length, wanted });
      const source = new PouringSource(body, bytes);
      const reader = (await desk.ask()).read();
      body.sendTo(reader.response);
      await source.pour(there);
      reader.leave();
      await until(() => reader.response.destroyed, 'the reader to be gone');
      expect(source.aborted === undefined).toBe(goesOn);
      await source.pour();
      body.end();
      expect(body.whole?.equals(bytes) ?? false).toBe(goesOn);
      expect(room.taken).toBe(0);
    },
  );

  it('is given up where that is said, unless somebody reads it or it is there', async () => {
    const read = bodyOf();
    const source = new PouringSource(read, pattern(10));
    const reader = (await desk.ask()).read();
    read.sendTo(reader.response);
    read.discard();
    expect(source.aborted).toBeUndefined();
    await source.pour();
    read.end();
    await reader.ended();
    read.discard();
    expect(read.error).toBeUndefined();

    const unread = bodyOf();
    const left = new PouringSource(unread, pattern(10));
    unread.discard();
    expect(left.aborted).toBeInstanceOf(NobodyReadsError);
  });

  it('is given up after a while where it is larger than memory holds and nobody has begun', () => {
    const body = bodyOf({ length: 5 * MIB });
    const source = new PouringSource(body, pattern(5));
    clock.advance(9_999);
    expect(source.aborted).toBeUndefined();
    clock.advance(2_501);
    expect(source.aborted).toBeInstanceOf(NobodyReadsError);
    expect(clock.pending).toBe(0);
  });
});
