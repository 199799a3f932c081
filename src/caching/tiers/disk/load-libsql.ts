import type Database from 'libsql';

/** What the library exports. */
export type Libsql = typeof Database;

/**
 * Loads the library when the first tier is opened: its native part would cost memory wherever this
 * package is imported, and is not to be had on every platform.
 */
export async function loadLibsql(): Promise<Libsql> {
  const { default: libsql } = await import('libsql');
  return libsql;
}
