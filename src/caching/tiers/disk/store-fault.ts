/**
 * What an error of the store means: another process holds the lock; the database is not what we wrote;
 * the file is no longer the one at its path; it has reached a limit; or the disk does not work.
 */
export type StoreFault = 'busy' | 'damaged' | 'moved' | 'full' | 'failed';

/** SQLite's primary result codes, as far as they are told apart. */
const FAULTS: Readonly<Record<number, StoreFault>> = {
  1: 'damaged', // ERROR: our statements are right, so a table or a column is missing
  5: 'busy', // BUSY
  6: 'busy', // LOCKED
  8: 'damaged', // READONLY: by its header; by its disk as well, but then it cannot be set aside
  11: 'damaged', // CORRUPT
  13: 'full', // FULL
  17: 'damaged', // SCHEMA
  19: 'damaged', // CONSTRAINT: an index and its table disagree
  20: 'damaged', // MISMATCH
  24: 'damaged', // FORMAT
  26: 'damaged', // NOTADB
};
const READONLY_DBMOVED = 1_032;
const IOERR_SHORT_READ = 522;

/** The database is not one that this version can use. */
export class UnusableStoreError extends Error {
  override readonly name = 'UnusableStoreError';
}

/** Another file stands at the path of the database. */
export class StoreMovedError extends Error {
  override readonly name = 'StoreMovedError';
}

export function faultOf(error: unknown): StoreFault {
  if (error instanceof UnusableStoreError) return 'damaged';
  if (error instanceof StoreMovedError) return 'moved';
  const raw = rawCodeOf(error);
  if (raw === undefined) return 'failed';
  if (raw === READONLY_DBMOVED) return 'moved';
  if (raw === IOERR_SHORT_READ) return 'damaged';
  return FAULTS[raw & 0xff] ?? 'failed';
}

/** Code and call, without message and path, which are nobody's business. */
export function reasonOf(error: unknown): string {
  const { code, syscall, name } = error as Partial<NodeJS.ErrnoException>;
  if (code) return syscall === undefined ? code : `${code} (${syscall})`;
  const raw = rawCodeOf(error);
  if (raw !== undefined) return raw === 14 ? 'SQLITE_CANTOPEN' : `SQLite error ${raw}`;
  return name ?? 'unknown';
}

/** SQLite's extended result code. That of a failed opening stands at the end of the message alone. */
function rawCodeOf(error: unknown): number | undefined {
  const {
    rawCode,
    code,
    message = '',
  } = error as Partial<Error> & {
    readonly rawCode?: number;
    readonly code?: string;
  };
  if (rawCode !== undefined) return rawCode;
  if (code) return undefined;
  const found = /^ConnectionFailed\(.*: (\d+)"\)$/s.exec(message)?.[1];
  return found === undefined ? undefined : Number(found);
}
