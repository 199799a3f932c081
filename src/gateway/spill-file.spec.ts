import { readdirSync, unlinkSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, readlink, rm, stat, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ManualClock } from '../ground/manual-clock.js';
import { gate } from '../test-tools/index.js';
import type { ReplayBody } from './replay-body.js';
import { SpillFile, SpillFolder } from './spill-file.js';
import { BodyDesk, PouringSource, bodyBy, pattern, until } from './testing/readers.js';

const MIB = 2 ** 20;

let directory: string;
let folder: SpillFolder;
let changes: number;
/** Where the methods of every open file are. */
let files: FileHandle;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spill-'));
  folder = new SpillFolder(join(directory, 'a', 'b'), 10 * MIB);
  changes = 0;
  const probe = await open(join(directory, 'probe'), 'w');
  files = Object.getPrototypeOf(probe) as FileHandle;
  await probe.close();
});

afterEach(async () => {
  jest.restoreAllMocks();
  await rm(directory, { recursive: true, force: true });
});

function newFile(): SpillFile {
  return new SpillFile(folder, () => changes++);
}

/** How many files of a folder this process has open, those without a name included. */
async function openFiles(): Promise<number> {
  const targets = await Promise.all(
    (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  );
  return targets.filter((target) => target.startsWith(directory)).length;
}

describe('a spill file', () => {
  it('has back what was appended, from any place, before all of it is written as well', async () => {
    const bytes = pattern(600_000);
    const file = newFile();
    for (let at = 0; at < bytes.length; at += 100_000) {
      expect(file.append(bytes.subarray(at, at + 100_000))).toBe(true);
    }
    expect([file.written, file.unwritten, folder.bytes]).toEqual([0, 600_000, 600_000]);
    await until(() => file.unwritten === 0, 'all to be written');
    expect([file.written, changes > 0, file.error]).toEqual([600_000, true, undefined]);
    expect(await file.read(123_456, 123_459)).toEqual(bytes.subarray(123_456, 123_459));
    // At most so much at once, and never beyond what is there.
    expect(await file.read(10, Infinity)).toEqual(bytes.subarray(10, 10 + 256 * 1_024));
    expect(await file.read(599_999, 700_000)).toEqual(bytes.subarray(599_999));
    file.close();
  });

  it('has no name in its folder, which is made where there is none, for its owner alone', async () => {
    const file = newFile();
    file.append(Buffer.from('secret'));
    await until(() => file.written === 6, 'it to be written');
    expect(await readdir(folder.directory)).toEqual([]);
    expect((await stat(folder.directory)).mode & 0o777).toBe(0o700);
    expect(await openFiles()).toBe(1);
    file.close();
    await until(() => folder.bytes === 0, 'the room to be back');
    await expect(file.read(0, 6)).rejects.toThrow('closed');
  });

  it('gives its room back once, whatever was written, and is closed when nobody reads it', async () => {
    const file = newFile();
    file.append(pattern(300_000));
    await until(() => file.unwritten === 0, 'it to be written');
    const reading = file.read(0, 300_000);
    file.append(pattern(1_000));
    file.close();
    file.close();
    expect(folder.bytes).toBe(0);
    expect((await reading).length).toBe(256 * 1_024);
    for (let left = 1; left > 0; left = await openFiles());
    expect(await openFiles()).toBe(0);
  });

  it('may be closed before it is open', async () => {
    const file = newFile();
    file.append(pattern(1_000));
    file.close();
    expect(folder.bytes).toBe(0);
    for (let left = 1; left > 0 || (await readdir(directory)).length < 2; left = await openFiles());
    expect([file.written, file.error]).toEqual([0, undefined]);
  });

  it('is closed where it is closed before it is open, and its name cannot be removed', async () => {
    await mkdir(folder.directory, { recursive: true });
    const file = newFile();
    file.close();
    // In one turn: between its opening and the removal of its name.
    await until(() => {
      for (const until = Date.now() + 20; Date.now() < until;) {
        const [name] = readdirSync(folder.directory);
        if (name === undefined) continue;
        unlinkSync(join(folder.directory, name));
        return true;
      }
      return false;
    }, 'the file');
    await until(() => file.error !== undefined, 'the failure');
    for (let left = 1; left > 0; left = await openFiles());
  });

  it('takes nothing beyond the bound of all files together', async () => {
    const first = newFile();
    const second = newFile();
    expect(first.append(pattern(6 * MIB))).toBe(true);
    expect(second.append(pattern(6 * MIB))).toBe(false);
    expect(second.append(pattern(4 * MIB))).toBe(true);
    expect([folder.bytes, folder.refusals]).toEqual([10 * MIB, 1]);
    first.close();
    expect(second.append(pattern(6 * MIB))).toBe(true);
    second.close();
    expect(folder.bytes).toBe(0);
  });

  it('says why it cannot be used, and takes nothing then', async () => {
    await writeFile(join(directory, 'a'), 'no folder');
    const file = newFile();
    file.append(pattern(10));
    await until(() => file.error !== undefined, 'the failure');
    expect((file.error as NodeJS.ErrnoException).code).toMatch(/^(ENOTDIR|EEXIST)$/);
    expect([file.append(pattern(10)), folder.refusals, changes]).toEqual([false, 1, 1]);
    file.close();
    expect(folder.bytes).toBe(0);
  });

  it('says so where the disk fails while it is written', async () => {
    jest.spyOn(files, 'writev').mockRejectedValueOnce(new Error('ENOSPC'));
    const file = newFile();
    file.append(pattern(10));
    await until(() => file.error !== undefined, 'the failure');
    expect([file.error?.message, file.written, folder.refusals, changes]).toEqual([
      'ENOSPC',
      0,
      1,
      1,
    ]);
    file.close();
    expect(folder.bytes).toBe(0);
    for (let left = 1; left > 0; left = await openFiles());
  });

  it.each([1, 150_000])(
    'goes on where the disk takes a part at a time: %d bytes',
    async (taken) => {
      const bytes = pattern(300_000);

      const write = files.write as (
        this: FileHandle,
        buffer: Buffer,
        offset: number,
        length: number,
        position: number,
      ) => Promise<{ bytesWritten: number }>;
      jest.spyOn(files, 'writev').mockImplementation(async function (
        this: FileHandle,
        buffers,
        at,
      ) {
        const { bytesWritten } = await write.call(
          this,
          buffers[0] as Buffer,
          0,
          taken,
          at as number,
        );
        return { bytesWritten, buffers };
      });
      const file = newFile();
      file.append(bytes.subarray(0, 200_000));
      file.append(bytes.subarray(200_000));
      await until(() => file.unwritten === 0, 'all to be written');
      expect(await file.read(0, 250_000)).toEqual(bytes.subarray(0, 250_000));
      file.close();
    },
  );

  it('fails where the disk takes nothing more', async () => {
    jest.spyOn(files, 'writev').mockResolvedValue({ bytesWritten: 1, buffers: [] });
    jest
      .spyOn(files, 'write')
      .mockResolvedValue({ bytesWritten: 0, buffer: Buffer.alloc(0) } as never);
    const file = newFile();
    file.append(pattern(10));
    await until(() => file.error !== undefined, 'the failure');
    expect(file.error?.message).toBe('nothing more can be written');
    file.close();
  });

  it('tells of a file that is shorter than what was written', async () => {
    const file = newFile();
    file.append(pattern(10));
    await until(() => file.written === 10, 'it to be written');
    jest.spyOn(files, 'read').mockResolvedValueOnce({ bytesRead: 0, buffer: Buffer.alloc(0) });
    await expect(file.read(0, 10)).rejects.toThrow('shorter');
    file.close();
  });
});

describe('a body that goes through a file', () => {
  let desk: BodyDesk;
  let clock: ManualClock;

  beforeEach(async () => {
    desk = await BodyDesk.open();
    clock = new ManualClock();
    folder = new SpillFolder(directory, 200 * MIB);
  });

  afterEach(() => desk.close());

  function bodyOf(): ReplayBody {
    return bodyBy(clock, { maxMemoryBytes: MIB, spill: folder });
  }

  it('has its source wait for the disk, and for nothing else', async () => {
    const bytes = pattern(32 * MIB);
    const writable = gate();

    const { writev } = files;
    jest.spyOn(files, 'writev').mockImplementation(async function (this: FileHandle, buffers, at) {
      await writable.opened;
      return writev.call(this, buffers, at as number);
    });
    const body = bodyOf();
    const source = new PouringSource(body, bytes);
    const fast = (await desk.ask()).read();
    const slow = await desk.ask();
    body.sendTo(fast.response);
    body.sendTo(slow.response);
    const poured = source.pour().then(() => body.end());
    await until(
      () => source.isPaused && fast.received === source.poured,
      'the disk to hold all up',
    );
    expect(source.poured).toBeLessThanOrEqual(16 * MIB + 65_536);
    clock.advance(60_000);
    expect(slow.response.destroyed).toBe(false);
    writable.open();
    await poured;
    slow.read();
    for (const reader of [fast, slow]) {
      expect(await reader.ended()).toBe('whole');
      expect(reader.bytes.equals(bytes)).toBe(true);
    }
  });

  it('goes on without it where the disk fails: who keeps up has all, who is behind is cut off', async () => {
    const bytes = pattern(32 * MIB);
    const body = bodyOf();
    const source = new PouringSource(body, bytes);
    const fast = (await desk.ask()).read();
    const slow = await desk.ask();
    body.sendTo(fast.response);
    body.sendTo(slow.response);
    for (let at = MIB; at <= 32 * MIB; at += MIB) {
      if (at === 25 * MIB) jest.spyOn(files, 'writev').mockRejectedValueOnce(new Error('EIO'));
      await source.pour(at);
      await until(() => fast.received === at, 'the fast one to keep up');
    }
    body.end();
    expect(await fast.ended()).toBe('whole');
    expect(fast.bytes.equals(bytes)).toBe(true);
    slow.read();
    expect(await slow.ended()).toBe('cut');
    expect([folder.bytes, folder.refusals]).toEqual([0, 1]);
  });

  it('cuts off whom the file cannot be read for, and nobody else', async () => {
    const bytes = pattern(24 * MIB);
    const body = bodyOf();
    const source = new PouringSource(body, bytes);
    const fast = (await desk.ask()).read();
    body.sendTo(fast.response);
    await source.pour(20 * MIB);
    await until(() => fast.received === 20 * MIB, 'the fast one to keep up');
    jest.spyOn(files, 'read').mockRejectedValueOnce(new Error('EIO'));
    const late = (await desk.ask()).read();
    body.sendTo(late.response);
    expect(await late.ended()).toBe('cut');
    await source.pour();
    body.end();
    expect(await fast.ended()).toBe('whole');
    expect(fast.bytes.equals(bytes)).toBe(true);
  });
});
