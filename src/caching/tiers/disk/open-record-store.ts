import type Database from 'libsql';
import type { Libsql } from './load-libsql.js';
import { RecordStore } from './record-store.js';
import type { StoreBounds } from './store-bounds.js';
import { applySettings, prepareSchema } from './store-schema.js';

/** Opens the database at `path`, or makes it. Never waits for a lock: that would hold the event loop. */
export function openRecordStore(libsql: Libsql, path: string, bounds: StoreBounds): RecordStore {
  const opened: Database.Database[] = [];
  const connect = () => {
    const db = new libsql(path, { timeout: 0 });
    opened.push(db);
    applySettings(db);
    return db;
  };
  try {
    const db = connect();
    prepareSchema(db);
    return new RecordStore(db, connect(), bounds);
  } catch (error) {
    for (const db of opened) db.close();
    throw error;
  }
}
