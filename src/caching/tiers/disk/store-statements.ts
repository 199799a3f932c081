import type Database from 'libsql';

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
    dropTag: drop('SELECT record FROM tag WHERE name = ? AND record <= ? LIMIT ?'),
    dropAll: drop('SELECT id FROM record WHERE id <= ? ORDER BY id LIMIT ?'),
    dropAfter: drop('SELECT id FROM record WHERE key >= ? AND id <= ? LIMIT ?'),
    dropBetween: drop('SELECT id FROM record WHERE key >= ? AND key < ? AND id <= ? LIMIT ?'),
  };
}
