import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { transformFileSync } from '@swc/core';
import { randomBytes } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { compileDiskTier } from './testing/compiled-copy.js';
import { DiskChild, type Seen } from './testing/disk-child.js';
import { asideIn, databaseIn, diskUseOf } from './testing/disk-files.js';
import { removeTemporaryFolders, temporaryFolder } from './testing/temporary-folders.js';

const MAX_BYTES = 1024 * 1024;
const KEYS = 100;
const FLIPS = 210;

let entry = '';
let filled = '';
let child: DiskChild;

/** A tier may do with damage what it likes, except to die, to lie or to keep from storing. */
async function survives(folder: string, damage?: () => void): Promise<Seen & { damaged: number }> {
  await child.open(folder, MAX_BYTES);
  if (damage) {
    await child.read('k', KEYS);
    damage();
  }
  const seen = await child.read('k', KEYS);
  expect(seen.wrong).toBe(0);
  await child.fill('new', 20, 500);
  expect(await child.read('new', 20)).toEqual({ whole: 20, missing: 0, wrong: 0 });
  const { status, damaged } = await child.health();
  expect(status).toBe('up');
  await child.open(folder, MAX_BYTES);
  // What it had in memory may have kept damage hidden until now.
  expect((await child.read('new', 20)).wrong).toBe(0);
  await child.fill('newer', 20, 500);
  expect(await child.read('newer', 20)).toEqual({ whole: 20, missing: 0, wrong: 0 });
  return { ...seen, damaged };
}

function copy(): string {
  const folder = temporaryFolder();
  cpSync(filled, folder, { recursive: true });
  return folder;
}

beforeAll(async () => {
  entry = compileDiskTier(transformFileSync, temporaryFolder());
  filled = temporaryFolder();
  child = new DiskChild(entry);
  await child.open(filled, MAX_BYTES);
  await child.fill('k', KEYS, 1_500);
  await child.call('close');
});

afterAll(async () => {
  await child.kill();
  removeTemporaryFolders();
});

describe('damage to the files of the disk tier', () => {
  it('in any bits of them is a miss, counted and written anew', async () => {
    let seed = 20_261_120;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    };
    const folder = copy();
    let missing = 0;
    let uncounted = 0;
    for (let trial = 0; trial < FLIPS; trial++) {
      rmSync(folder, { recursive: true });
      cpSync(filled, folder, { recursive: true });
      const path = databaseIn(folder);
      const bytes = readFileSync(path);
      // The half of the time in the header, where little is enough.
      const within = random(2) === 0 ? bytes.length : 200;
      for (let flips = 1 + random(32); flips > 0; flips--) {
        bytes[random(within)]! ^= 1 << random(8);
      }
      const flip = () => writeFileSync(path, bytes, { flag: 'r+' });
      // One half of the time in a folder that is closed, the other in one that is in use.
      const inUse = random(2) === 0;
      if (!inUse) flip();
      const seen = await survives(folder, inUse ? flip : undefined);
      missing += seen.missing;
      if (seen.missing > 0 && seen.damaged === 0) uncounted++;
    }
    expect(missing).toBeGreaterThan(FLIPS);
    // A bit of an index hides a record from its key, and shows nowhere.
    expect(uncounted).toBeLessThan(FLIPS / 20);
  }, 180_000);

  it.each([0, 1, 7, 100, 4_096, 5_000, 0.25, 0.5, 0.99])(
    'is survived when the file is cut to %s, closed or in use',
    async (to) => {
      for (const inUse of [false, true]) {
        const folder = copy();
        const path = databaseIn(folder);
        const { size } = statSync(path);
        const cut = () => truncateSync(path, to > 0 && to < 1 ? Math.floor(size * to) : to);
        if (!inUse) cut();
        await survives(folder, inUse ? cut : undefined);
      }
    },
  );

  it.each([
    ['foreign', () => randomBytes(20_000)],
    ['of text', () => Buffer.from('not a database at all\n'.repeat(1_000))],
    ['of another format', () => changed(readFileSync(databaseIn(filled)), 60, 0, 0, 0, 99)],
    [
      'of a format without version',
      () => changed(readFileSync(databaseIn(filled)), 60, 0, 0, 0, 0),
    ],
  ])('is survived when the file is %s, which is set aside', async (_kind, content) => {
    const folder = copy();
    const bytes = content();
    writeFileSync(databaseIn(folder), bytes);
    expect(await survives(folder)).toMatchObject({ whole: 0, damaged: 1 });
    const [aside = ''] = asideIn(folder);
    expect(readFileSync(join(folder, aside, 'records.db'))).toEqual(bytes);
  });

  it('is survived when a file stands where the folder should be, which is set aside', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'disk-tier'), 'a file');
    expect(await survives(folder)).toMatchObject({ whole: 0, damaged: 1 });
    expect(asideIn(folder)).toHaveLength(1);
  });

  it('is survived when a folder stands where the file should be', async () => {
    const folder = temporaryFolder();
    mkdirSync(databaseIn(folder), { recursive: true });
    expect(await survives(folder)).toMatchObject({ whole: 0, damaged: 1 });
  });

  it('is survived when somebody deletes the folder while it is in use', async () => {
    const folder = copy();
    const deleteIt = () => rmSync(join(folder, 'disk-tier'), { recursive: true });
    await survives(folder, deleteIt);
    expect(existsSync(databaseIn(folder))).toBe(true);
  });

  it('keeps at most two of what was set aside, and none that is large', async () => {
    const folder = copy();
    for (let time = 0; time < 4; time++) {
      writeFileSync(databaseIn(folder), randomBytes(10_000));
      await survives(folder);
    }
    expect(asideIn(folder)).toHaveLength(2);
    writeFileSync(databaseIn(folder), randomBytes(MAX_BYTES));
    expect(await survives(folder)).toMatchObject({ damaged: 1 });
    expect(asideIn(folder)).toHaveLength(2);
    expect(diskUseOf(folder)).toBeLessThan(MAX_BYTES / 2);
  });

  it('repaired by one process is noticed by the others', async () => {
    const folder = copy();
    await child.open(folder, MAX_BYTES);
    const other = new DiskChild(entry);
    try {
      await other.open(folder, MAX_BYTES);
      renameSync(join(folder, 'disk-tier'), join(folder, 'damaged-1-disk-tier-of-a-third'));
      await other.fill('theirs', 5, 500);
      await child.fill('mine', 5, 500);
      expect(await other.read('mine', 5)).toEqual({ whole: 5, missing: 0, wrong: 0 });
      expect(await child.read('theirs', 5)).toEqual({ whole: 5, missing: 0, wrong: 0 });
      expect(await child.health()).toMatchObject({ status: 'up', damaged: 0 });
    } finally {
      await other.kill();
    }
  });
});

function changed(bytes: Buffer, at: number, ...to: number[]): Buffer {
  bytes.set(to, at);
  return bytes;
}
