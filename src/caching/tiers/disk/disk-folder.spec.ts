import { afterEach, describe, expect, it } from '@jest/globals';
import { existsSync, writeFileSync } from 'node:fs';
import { DiskFolder } from './disk-folder.js';
import { asideIn } from './testing/disk-files.js';
import { removeTemporaryFolders, temporaryFolder } from './testing/temporary-folders.js';

afterEach(removeTemporaryFolders);

describe('the folder of the database', () => {
  it('is set aside by the first of those who found the same damage, and by no other', () => {
    const directory = temporaryFolder();
    const [first, second] = [new DiskFolder(directory, 1e6), new DiskFolder(directory, 1e6)];
    first.make();
    writeFileSync(first.file, 'damaged');
    const [seenByFirst, seenBySecond] = [first.identity(), second.identity()];
    first.setAside(seenByFirst);
    first.make();
    writeFileSync(first.file, 'new');
    second.setAside(seenBySecond);
    expect(existsSync(first.file)).toBe(true);
    expect(asideIn(directory)).toHaveLength(1);
  });
});
