const MIB = 1024 * 1024;

/** Bytes of a page of the database. */
export const PAGE_BYTES = 4_096;

/** What follows from the number of bytes that the tier may use. */
export interface StoreBounds {
  /** Pages that the database file may have, free ones included. */
  readonly maxPages: number;
  /** Pages in use from which room is made before anything is written. */
  readonly fullPages: number;
  /** Records and bytes that one transaction writes; one record at least. */
  readonly batchRecords: number;
  readonly batchBytes: number;
}

/** Largest record that is stored within `maxBytes`. More than 16 MiB would hold the event loop too long. */
export function maxRecordBytesOf(maxBytes: number): number {
  return Math.min(Math.floor(maxBytes / 4), 16 * MIB);
}

/**
 * Bounds of a database that shares `maxBytes` with what was set aside. The rollback journal is there
 * only while a transaction is written, and counted in for as much as a transaction may touch.
 */
export function storeBoundsOf(maxBytes: number, asideBytes: number): StoreBounds {
  const journalBytes = Math.min(Math.floor(maxBytes / 4), 20 * MIB);
  const maxPages = Math.floor((maxBytes - asideBytes - journalBytes) / PAGE_BYTES);
  return {
    maxPages,
    fullPages: maxPages - Math.max(8, Math.floor(maxPages / 32)),
    batchRecords: Math.min(64, Math.floor(maxBytes / (64 * 1024))),
    batchBytes: Math.min(MIB / 2, Math.floor(maxBytes / 16)),
  };
}

/** Pages that a record of `bytes` takes, with its places in the indexes, and rather too many than too few. */
export function pagesFor(bytes: number): number {
  return Math.ceil(bytes / (PAGE_BYTES - 4)) + 0.25;
}
