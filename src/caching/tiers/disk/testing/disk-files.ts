import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Path of the database that the tier keeps in `folder`. */
export function databaseIn(folder: string): string {
  return join(folder, 'disk-tier', 'records.db');
}

/** Names of what the tier has set aside in `folder`, oldest first. */
export function asideIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith('damaged-'))
    .sort();
}

/** Bytes that everything below `path` takes on disk; what is deleted meanwhile takes none. */
export function diskUseOf(path: string): number {
  try {
    const found = statSync(path);
    if (!found.isDirectory()) return found.blocks * 512;
    return readdirSync(path).reduce((sum, name) => sum + diskUseOf(join(path, name)), 0);
  } catch {
    return 0;
  }
}
