import type Database from 'libsql';
import { PAGE_BYTES } from './disk-tier.options.js';
import { UnusableStoreError } from './store-fault.js';

/** Raised with every change of the tables or of a record's bytes; any other is set aside. */
export const FORMAT_VERSION = 1;

/**
 * `record` is numbered in the order of writing, never twice: what is evicted first has the lowest
 * number, and a deletion of many knows by the number what came after it. `tally` counts for all
 * processes what counting would have to go through.
 */
const TABLES = `
CREATE TABLE record(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key BLOB NOT NULL UNIQUE,
  expires REAL NOT NULL,
  body BLOB NOT NULL
);
CREATE INDEX record_expires ON record(expires);
CREATE TABLE tag(name BLOB NOT NULL, record INTEGER NOT NULL, PRIMARY KEY(name, record)) WITHOUT ROWID;
CREATE INDEX tag_record ON tag(record);
CREATE TABLE tally(entries INTEGER NOT NULL);
INSERT INTO tally VALUES(0);
CREATE TRIGGER record_stored AFTER INSERT ON record BEGIN
  UPDATE tally SET entries = entries + 1;
END;
CREATE TRIGGER record_dropped AFTER DELETE ON record BEGIN
  DELETE FROM tag WHERE record = old.id;
  UPDATE tally SET entries = entries - 1;
END;
PRAGMA user_version = ${FORMAT_VERSION};`;

/**
 * Settings of a connection. A mapped file, or the index of a write-ahead log, kills the process when
 * somebody cuts it short: neither is used. Nothing is flushed: the operating system keeps what a killed
 * process has written, and after a power cut a torn database is a miss like any other damage.
 */
const SETTINGS = [
  'PRAGMA mmap_size = 0',
  'PRAGMA synchronous = OFF',
  'PRAGMA temp_store = MEMORY',
  'PRAGMA cache_size = -4096',
  // A transaction has all the locks it needs before its statements run.
  'PRAGMA cache_spill = OFF',
  // Damage is met as an error instead of being followed.
  'PRAGMA trusted_schema = OFF',
  'PRAGMA cell_size_check = ON',
];

/** Sets a connection up. */
export function applySettings(db: Database.Database): void {
  for (const setting of SETTINGS) db.exec(setting);
}

/** Makes the tables where there are none, and looks whether they are ours. */
export function prepareSchema(db: Database.Database): void {
  const [mode] = db.prepare('PRAGMA journal_mode = TRUNCATE').raw().get() as [string];
  if (mode !== 'truncate') throw new UnusableStoreError(`journal mode ${mode}`);
  if (isEmpty(db)) {
    db.exec(`PRAGMA page_size = ${PAGE_BYTES}`);
    db.exec('PRAGMA auto_vacuum = INCREMENTAL');
    makeTables(db);
  }
  const version = versionOf(db);
  if (version !== FORMAT_VERSION) throw new UnusableStoreError(`format ${version}`);
}

function makeTables(db: Database.Database): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    // Another process may have made them in the meantime.
    if (isEmpty(db)) db.exec(TABLES);
    db.exec('COMMIT');
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function isEmpty(db: Database.Database): boolean {
  const [tables] = db.prepare('SELECT count(*) FROM sqlite_schema').raw().get() as [number];
  return tables === 0 && versionOf(db) === 0;
}

function versionOf(db: Database.Database): number {
  const [version] = db.prepare('PRAGMA user_version').raw().get() as [number];
  return version;
}

type StatementName =
  | 'entries'
  | 'lastId'
  | 'pages'
  | 'freePages'
  | 'delete'
  | 'insert'
  | 'tag'
  | 'touch'
  | 'evict'
  | 'sweep'
  | 'bodyOf'
  | 'renew'
  | 'findKey'
  | 'findTag'
  | 'findAfter'
  | 'findBetween'
  | 'dropTag'
  | 'dropAll'
  | 'dropAfter'
  | 'dropBetween';

/** The statements on the database, prepared once. */
export type StoreStatements = Readonly<Record<StatementName, Database.Statement>>;

/** Prepares them; rows come as arrays. */
export function prepareStatements(db: Database.Database): StoreStatements {
  const run = (sql: string) => db.prepare(sql);
  const query = (sql: string) => db.prepare(sql).raw();
  const drop = (which: string) => run(`DELETE FROM record WHERE id IN (${which})`);
  return {
    entries: query('SELECT entries FROM tally'),
    lastId: query("SELECT seq FROM sqlite_sequence WHERE name = 'record'"),
    pages: query('PRAGMA page_count'),
    freePages: query('PRAGMA freelist_count'),

    delete: run('DELETE FROM record WHERE key = ?'),
    insert: run('INSERT INTO record(key, expires, body) VALUES(?, ?, ?)'),
    tag: run('INSERT OR IGNORE INTO tag(name, record) VALUES(?, ?)'),
    touch: run('UPDATE tally SET entries = entries'),

    evict: drop('SELECT id FROM record ORDER BY id LIMIT ?'),
    sweep: drop('SELECT id FROM record WHERE expires <= ? ORDER BY expires LIMIT ?'),
    bodyOf: query('SELECT body FROM record WHERE id = ?'),
    renew: run('UPDATE record SET expires = ?, body = ? WHERE id = ?'),
    // In an order in which the next step goes on where the one before has ended.
    findKey: query('SELECT id, key FROM record WHERE key = ? AND key >= ? AND id <= ? LIMIT ?'),
    findTag: query(
      `SELECT record, key FROM tag JOIN record ON record.id = tag.record
       WHERE name = ? AND tag.record > ? AND tag.record <= ? ORDER BY tag.record LIMIT ?`,
    ),
    findAfter: query('SELECT id, key FROM record WHERE key >= ? AND id <= ? ORDER BY key LIMIT ?'),
    findBetween: query(
      'SELECT id, key FROM record WHERE key >= ? AND key < ? AND id <= ? ORDER BY key LIMIT ?',
    ),

    dropTag: drop('SELECT record FROM tag WHERE name = ? AND record <= ? LIMIT ?'),
    dropAll: drop('SELECT id FROM record WHERE id <= ? ORDER BY id LIMIT ?'),
    dropAfter: drop('SELECT id FROM record WHERE key >= ? AND id <= ? LIMIT ?'),
    dropBetween: drop('SELECT id FROM record WHERE key >= ? AND key < ? AND id <= ? LIMIT ?'),
  };
}
