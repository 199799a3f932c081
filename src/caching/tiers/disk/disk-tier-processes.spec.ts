import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { transformFileSync } from '@swc/core';
import { compileDiskTier } from './testing/compiled-copy.js';
import { DiskChild } from './testing/disk-child.js';
import { diskUseOf } from './testing/disk-files.js';
import { removeTemporaryFolders, temporaryFolder } from './testing/temporary-folders.js';

const MIB = 1024 * 1024;
const allOf = (count: number) => ({ whole: count, missing: 0, wrong: 0 });
const noneOf = (count: number) => ({ whole: 0, missing: count, wrong: 0 });

let entry = '';
const children: DiskChild[] = [];

async function start(folder: string, maxBytes = 8 * MIB): Promise<DiskChild> {
  const child = new DiskChild(entry);
  children.push(child);
  await child.open(folder, maxBytes);
  return child;
}

beforeAll(() => {
  entry = compileDiskTier(transformFileSync, temporaryFolder());
});

afterEach(async () => {
  for (const child of children.splice(0)) await child.kill();
});

afterAll(removeTemporaryFolders);

describe('a process that is killed', () => {
  it('in the middle of thousands of writes leaves every record whole, or none', async () => {
    const folder = temporaryFolder();
    for (let round = 0; round < 4; round++) {
      const victim = await start(folder);
      let written = await victim.call<number>('fillForEver', 'k', 1_000, 3_000);
      while (written < 1_000 + round * 500) written = await victim.next<number>('fillForEver');
      await victim.kill();
      const heir = await start(folder);
      const seen = await heir.read('k', 1_000);
      expect(seen).toEqual(allOf(1_000));
      expect((await heir.health()).damaged).toBe(0);
      await heir.kill();
    }
  }, 180_000);

  it('does not keep the others from reading and writing', async () => {
    const folder = temporaryFolder();
    const survivor = await start(folder);
    const victim = await start(folder);
    await victim.call('fillForEver', 'theirs', 100, 100_000);
    await survivor.fill('mine', 50, 1_000);
    await victim.kill();
    await survivor.fill('later', 50, 1_000);
    expect(await survivor.read('later', 50)).toEqual(allOf(50));
    expect((await survivor.health()).status).toBe('up');
  });
});

describe('two processes on one folder', () => {
  it('read at once what the other has written, replaced and dropped', async () => {
    const folder = temporaryFolder();
    const [a, b] = [await start(folder), await start(folder)];
    await a.fill('a', 300, 1_000);
    await b.fill('b', 300, 1_000);
    expect(await b.read('a', 300)).toEqual(allOf(300));
    expect(await a.read('b', 300)).toEqual(allOf(300));
    await b.call('deletePrefix', 'a1');
    expect(await a.read('a1', 100)).toEqual(noneOf(100));
    await a.call('delete', 'b0');
    expect(await b.read('b', 300)).toEqual({ whole: 299, missing: 1, wrong: 0 });
    await b.call('deleteTag', 'all');
    expect(await a.read('a', 300)).toEqual(noneOf(300));
    expect(await a.read('b', 300)).toEqual(noneOf(300));
    await a.fill('a', 10, 100);
    await b.call('deletePrefix', '');
    expect(await a.read('a', 10)).toEqual(noneOf(10));
    await a.fill('again', 10, 100);
    expect(await b.read('again', 10)).toEqual(allOf(10));
  });

  it('write at the same time without harm to each other, within one bound', async () => {
    const folder = temporaryFolder();
    const [a, b] = [await start(folder, 2 * MIB), await start(folder, 2 * MIB)];
    let most = 0;
    const look = setInterval(() => (most = Math.max(most, diskUseOf(folder))), 1).unref();
    for (let round = 0; round < 5; round++) {
      await Promise.all([a.fill('a', 300, 4_000), b.fill('b', 300, 4_000)]);
    }
    clearInterval(look);
    expect(most).toBeLessThanOrEqual(2 * MIB);
    expect(most).toBeGreaterThan(MIB);
    for (const child of [a, b]) {
      for (const prefix of ['a', 'b']) expect((await child.read(prefix, 300)).wrong).toBe(0);
      expect((await child.health()).damaged).toBe(0);
    }
    expect(await a.read('a', 300)).toEqual(await b.read('a', 300));
    expect(await a.read('b', 300)).toEqual(await b.read('b', 300));
    await a.fill('last', 20, 4_000);
    expect(await b.read('last', 20)).toEqual(allOf(20));
  });
});
