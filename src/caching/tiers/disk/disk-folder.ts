import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

const ASIDE = /^damaged-\d+-disk-tier-/;
const MAX_ASIDE = 2;

/**
 * The folder that the database has to itself. It is set aside as a whole, in one step: a journal that
 * was left behind would be rolled back into the database that comes next.
 */
export class DiskFolder {
  private renamed = 0;
  private aside = 0;

  /** @param maxAsideBytes what may be kept of what was set aside */
  constructor(
    private readonly directory: string,
    private readonly maxAsideBytes: number,
  ) {}

  private get folder(): string {
    return join(this.directory, 'disk-tier');
  }

  /** Path of the database. */
  get file(): string {
    return join(this.folder, 'records.db');
  }

  /** Bytes of what was set aside and kept, when last looked at. */
  get asideBytes(): number {
    return this.aside;
  }

  /**
   * Makes the folder if it is not there.
   * @returns whether something else stood in its place, and was set aside
   */
  make(): boolean {
    makeFolder(this.directory);
    const inTheWay = existsSync(this.folder) && (!isFolder(this.folder) || isFolder(this.file));
    if (inTheWay) this.rename();
    makeFolder(this.folder);
    this.prune();
    return inTheWay;
  }

  /** Tells the file at the path of the database from any other; `undefined` if there is none. */
  identity(): string | undefined {
    const found = statSync(this.file, { bigint: true, throwIfNoEntry: false });
    return found && `${found.dev}:${found.ino}`;
  }

  /** Sets the folder aside, unless another process has and `identity` is no longer at its path. */
  setAside(identity: string | undefined): void {
    if (identity === undefined || identity === this.identity()) this.rename();
  }

  private rename(): void {
    const name = `damaged-${Date.now()}-disk-tier-${process.pid}-${this.renamed++}`;
    renameSync(this.folder, join(this.directory, name));
    this.prune();
  }

  /** Keeps the latest two, if they are not too large, for whoever wants to know what happened. */
  private prune(): void {
    let kept = 0;
    this.aside = 0;
    const names = readdirSync(this.directory).filter((name) => ASIDE.test(name));
    for (const name of names.sort().reverse()) {
      const path = join(this.directory, name);
      const bytes = bytesBelow(path);
      if (kept < MAX_ASIDE && this.aside + bytes <= this.maxAsideBytes) {
        kept++;
        this.aside += bytes;
      } else rmSync(path, { recursive: true, force: true });
    }
  }
}

/**
 * Makes a folder, and those that it is in, unless it is there. Not by Node's `recursive`, which never ends
 * where nothing can be made in a folder that is there, as in `/proc`.
 */
function makeFolder(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (isFolder(path)) return;
    const parent = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || isFolder(parent)) throw error;
    if (parent === path) throw error;
    makeFolder(parent);
    mkdirSync(path);
  }
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

/** Bytes on disk of a file, or of the files in a folder. Another process may delete them meanwhile. */
function bytesBelow(path: string): number {
  try {
    const found = statSync(path);
    if (!found.isDirectory()) return Math.max(found.size, found.blocks * 512);
    return readdirSync(path).reduce((sum, name) => sum + bytesBelow(join(path, name)), 0);
  } catch {
    return 0;
  }
}
