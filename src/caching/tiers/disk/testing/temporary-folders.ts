import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const made: string[] = [];

/** A new folder of its own, on the real disk. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-disk-'));
  made.push(folder);
  return folder;
}

/** Deletes every folder made since the last time; for `afterEach`. */
export function removeTemporaryFolders(): void {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
}
