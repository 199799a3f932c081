import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { transformFileSync } from '@swc/core';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ManualClock } from '../../../ground/manual-clock.js';
import { tierRecordOf } from '../../contract/tier-contract.js';
import { DiskTier } from './disk.tier.js';
import { compileDiskTier } from './testing/compiled-copy.js';
import { DiskChild } from './testing/disk-child.js';
import { SmallDisk } from './testing/small-disk.js';
import { removeTemporaryFolders, temporaryFolder } from './testing/temporary-folders.js';

const MIB = 1024 * 1024;
const clock = new ManualClock();
const disk = new SmallDisk(temporaryFolder());
const events: string[] = [];
let tier: DiskTier | undefined;

async function openTier(directory: string, maxBytes = 16 * MIB): Promise<DiskTier> {
  tier = DiskTier.open({
    directory,
    maxBytes,
    clock,
    scheduler: clock,
    onDegraded: (reason) => events.push(`degraded: ${reason}`),
    onRecovered: () => events.push('recovered'),
  });
  await tier.ready;
  return tier;
}

const keysOf = (of: DiskTier, ...keys: string[]) => keys.filter((key) => of.get(key) !== undefined);

const recordOf = (key: string, bytes = 100) =>
  tierRecordOf(key, { bornAt: clock.wall(), tags: ['t'], payload: Buffer.alloc(bytes) });

afterEach(async () => {
  await tier?.close();
  tier = undefined;
  events.length = 0;
  disk.unmount();
});

afterAll(removeTemporaryFolders);

describe('the disk tier on a disk that does not work', () => {
  it('starts where it cannot, misses, and says so once', async () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    const broken = await openTier(file);
    await broken.set(recordOf('k'));
    await broken.deletePrefix('');
    expect(broken.get('k')).toBeUndefined();
    clock.advance(60_000);
    expect(broken.health()).toMatchObject({ status: 'degraded', entries: 0, bytes: 0 });
    expect(broken.health().reason).toMatch(/^(ENOTDIR|EEXIST) \((mkdir|stat)\)$/);
    expect(events).toEqual([`degraded: ${broken.health().reason}`]);
  });

  it('works again by itself, with what it had, except what was dropped or replaced meanwhile', async () => {
    const folder = join(temporaryFolder(), 'cache');
    const broken = await openTier(folder);
    for (const key of ['kept', 'dropped', 'replaced', 'tagged', 'p:1']) {
      await broken.set({ ...recordOf(key), tags: [key] });
    }
    renameSync(folder, `${folder}-away`);
    writeFileSync(folder, '');
    // The first of the deletions is the one that finds out.
    await broken.delete('dropped');
    expect(broken.get('kept')).toBeUndefined();
    clock.advance(1_000);
    await broken.deleteTag('tagged');
    await broken.deletePrefix('p:');
    await broken.set(recordOf('replaced'));
    expect(events).toHaveLength(1);
    clock.advance(8_000);
    rmSync(folder);
    renameSync(`${folder}-away`, folder);
    expect(broken.get('kept')).toBeUndefined();
    clock.advance(2_000);
    expect(events.slice(1)).toEqual(['recovered']);
    const keys = ['kept', 'dropped', 'replaced', 'tagged', 'p:1'];
    expect(keysOf(broken, ...keys)).toEqual(['kept']);
    await broken.close();
    const after = await openTier(folder);
    expect(keysOf(after, ...keys)).toEqual(['kept']);
  });

  it('drops everything when it cannot remember all that was dropped meanwhile', async () => {
    const folder = join(temporaryFolder(), 'cache');
    const broken = await openTier(folder);
    await broken.set(recordOf('kept'));
    renameSync(folder, `${folder}-away`);
    writeFileSync(folder, '');
    clock.advance(1_000);
    for (let i = 0; i < 10_001; i++) void broken.delete(`k${i}`);
    rmSync(folder);
    renameSync(`${folder}-away`, folder);
    clock.advance(11_000);
    expect(broken.health().status).toBe('up');
    expect(broken.get('kept')).toBeUndefined();
  });

  it('is degraded where the library cannot be loaded', async () => {
    const bare = new DiskChild(compileDiskTier(transformFileSync, temporaryFolder(), false));
    try {
      const { status, reason } = await bare.open(temporaryFolder(), MIB);
      expect([status, reason]).toEqual([
        'degraded',
        'libsql cannot be loaded: ERR_MODULE_NOT_FOUND',
      ]);
      await bare.fill('k', 3, 100);
      expect(await bare.read('k', 3)).toEqual({ whole: 0, missing: 3, wrong: 0 });
    } finally {
      await bare.kill();
    }
  });

  it('does not mind a listener that throws', async () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    tier = DiskTier.open({
      directory: file,
      maxBytes: MIB,
      onDegraded: () => {
        throw new Error('the log is full too');
      },
    });
    await tier.ready;
    expect(tier.health().status).toBe('degraded');
  });
});

describe('the disk tier on a full disk', () => {
  let entry = '';

  beforeAll(() => {
    entry = compileDiskTier(transformFileSync, temporaryFolder());
  });

  it('misses until there is room again, and forgets nothing that was dropped', async () => {
    if (!disk.mount(4)) return usesAFileSizeLimit(entry);
    const full = await openTier(disk.path);
    await full.set(recordOf('first'));
    await full.set(recordOf('second'));
    for (let i = 0; i < 100 && full.health().status === 'up'; i++)
      await full.set(recordOf(`k${i}`, 100_000));
    expect(full.health()).toMatchObject({
      status: 'degraded',
      reason: expect.stringMatching(/^SQLITE_(FULL|IOERR)/),
    });
    expect(full.get('first')).toBeUndefined();
    await full.delete('first');
    disk.grow(16);
    expect(full.get('second')).toBeUndefined();
    clock.advance(11_000);
    expect(events.slice(1)).toEqual(['recovered']);
    await full.set(recordOf('third'));
    expect(keysOf(full, 'first', 'third')).toEqual(['third']);
  });

  it('is told from one that has room by a limit on the size of files as well', () =>
    usesAFileSizeLimit(entry));

  it('never exceeds its own bound where the disk is larger', async () => {
    if (!disk.mount(4)) return usesAFileSizeLimit(entry);
    const bounded = await openTier(disk.path, 2 * MIB);
    for (let i = 0; i < 100; i++) await bounded.set(recordOf(`k${i}`, 100_000));
    expect(bounded.health().status).toBe('up');
    expect(bounded.get('k99')).toBeDefined();
    expect(events).toEqual([]);
  });
});

describe('the disk tier on a read-only disk', () => {
  it('misses, and says so', async () => {
    if (!disk.mount(4)) {
      const folder = join(temporaryFolder(), 'file', 'below');
      writeFileSync(join(folder, '..'), '');
      expect((await openTier(folder)).health().status).toBe('degraded');
      return;
    }
    // In a process of its own, because a disk cannot become read-only while a file is open for writing.
    const before = new DiskChild(entryOf());
    await before.open(disk.path, 2 * MIB);
    await before.fill('k', 1, 100);
    await before.kill();
    disk.readOnly();
    const readOnly = await openTier(disk.path);
    expect(readOnly.health()).toMatchObject({ status: 'degraded' });
    expect(readOnly.health().reason).toMatch(/^(EROFS|SQLITE_(READONLY|CANTOPEN|IOERR))/);
    await readOnly.set(recordOf('l'));
    expect(readOnly.get('k0')).toBeUndefined();
    expect(events).toHaveLength(1);
  });
});

const entryOf = () => compileDiskTier(transformFileSync, temporaryFolder());

/** What a full disk looks like where nothing may be mounted: files cannot grow. */
async function usesAFileSizeLimit(entry: string): Promise<void> {
  const folder = temporaryFolder();
  mkdirSync(folder, { recursive: true });
  const child = new DiskChild(entry, 200);
  try {
    await child.open(folder, 16 * MIB);
    await child.fill('first', 20, 1_000);
    const { status, reason } = await child.fill('k', 500, 2_000);
    expect([status, reason]).toEqual(['degraded', expect.stringMatching(/^SQLITE_(FULL|IOERR)/)]);
    expect(await child.read('k', 500)).toMatchObject({ whole: 0, wrong: 0 });
  } finally {
    await child.kill();
  }
  const heir = new DiskChild(entry);
  try {
    await heir.open(folder, 16 * MIB);
    expect(await heir.read('first', 20)).toEqual({ whole: 20, missing: 0, wrong: 0 });
  } finally {
    await heir.kill();
  }
}
