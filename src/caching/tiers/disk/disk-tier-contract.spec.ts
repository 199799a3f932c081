import { afterEach, describe, it } from '@jest/globals';
import { rmSync, writeFileSync } from 'node:fs';
import { tierContract } from '../../contract/tier-contract.js';
import { DiskTier } from './disk.tier.js';
import { removeTemporaryFolders, temporaryFolder } from './testing/temporary-folders.js';

let folder = '';

afterEach(removeTemporaryFolders);

tierContract(
  'the disk tier',
  {
    makeTier: async () => {
      folder = temporaryFolder();
      const tier = DiskTier.open({ directory: folder, maxBytes: 16 * 1024 * 1024 });
      await tier.ready;
      return tier;
    },
    // A file where the folder was.
    breakTier: () => {
      rmSync(folder, { recursive: true });
      writeFileSync(folder, '');
    },
  },
  { describe, it },
);
