import type Database from 'libsql';
import { pagesFor } from './disk-tier.options.js';
import type { StoreBounds } from './disk-tier.options.js';
import type { PendingChange, PendingChanges, PendingDrop } from './pending-changes.js';
import { outdatedBody } from './pending-changes.js';
import { bytesOf, successorOf, textOf } from './record-codec.js';
import { faultOf } from './store-fault.js';
import { prepareStatements, applySettings, prepareSchema } from './store-schema.js';
import type { StoreStatements } from './store-schema.js';

/** Records that one transaction evicts, sweeps or drops: about a millisecond. */
const STEP_RECORDS = 100;

/** Free pages that are left for what comes next. */
const SPARE_PAGES = 16;
const VACUUM_PAGES = 128;

/** What makes the least key that comes after one. */
const NEXT_KEY = Buffer.of(0);

/** What was gone through in one step, and whether that was all. */
interface OutdatedStep {
  readonly records: number;
  readonly isWhole: boolean;
  readonly through: PendingDrop['passed'];
}

/** What is to be written. */
type Changes = Pick<PendingChanges, 'dropsUnderWay' | 'first' | 'settle'>;

/** A record as it lies in the database. */
export interface StoredRecord {
  readonly id: number;
  readonly body: Buffer;
}

/** What the database held at the end of this process's last transaction. */
export interface StoreState {
  readonly entries: number;
  readonly pages: number;
  readonly freePages: number;
}

/**
 * The database. Every call is one transaction or less, and returns within milliseconds: when another
 * process holds the lock it throws at once. It has two connections, because `libsql` does not reset a
 * statement that met a lock, and a connection with such a statement never lets go of its own lock: one
 * connection has the one statement that may meet a lock, the other asks for the lock before all else.
 */
export class RecordStore {
  private readonly look: Database.Statement;
  private readonly statements: StoreStatements;
  private held: StoreState = { entries: 0, pages: 0, freePages: 0 };
  /** Records that the transaction under way has evicted. */
  private evicting = 0;

  constructor(
    private readonly db: Database.Database,
    private readonly reader: Database.Database,
    private readonly bounds: StoreBounds,
    private readonly evicted: (records: number) => void,
  ) {
    this.statements = prepareStatements(db);
    this.look = reader.prepare('SELECT id, body FROM record WHERE key = ?').raw();
    this.limitPages();
    this.probe();
  }

  get(key: Buffer): StoredRecord | undefined {
    const row = this.look.get([key]) as [number, Buffer] | undefined;
    return row && { id: row[0], body: row[1] };
  }

  get state(): StoreState {
    return this.held;
  }

  /**
   * One step of what is pending: makes room, or writes a batch and drops a bounded number of records.
   * What is done through it is settled.
   */
  write(pending: Changes): void {
    const batch = pending.first(this.bounds.batchRecords, this.bounds.batchBytes);
    const pages = batch.reduce((sum, { body }) => sum + (body ? pagesFor(body.length) : 0), 0);
    const dropped: PendingDrop[] = [];
    const passed = new Map<PendingDrop, PendingDrop['passed']>();
    try {
      const written = this.transaction(() => {
        if (pages > 0 && !this.hasRoom(pages)) return this.evictSome();
        for (const drop of pending.dropsUnderWay) {
          drop.throughId ??= this.numberFrom(this.statements.lastId);
        }
        for (const change of batch) this.store(change);
        this.dropStep(pending.dropsUnderWay, dropped, passed);
        return true;
      });
      // What a transaction that has failed had gone through, it has not.
      for (const [drop, through] of passed) drop.passed = through;
      if (written) pending.settle(batch, dropped);
    } catch (error) {
      // Our own limit, by more pages than were reckoned with, is no full disk.
      if (faultOf(error) !== 'full' || !this.crowded) throw error;
      this.transaction(() => this.evictSome());
    }
  }

  /** Drops some of the expired records; whether there may be more. */
  sweep(now: number): boolean {
    return this.transaction(() => this.statements.sweep.run([now, STEP_RECORDS]).changes) > 0;
  }

  /** Gives some space back if there is much to spare or too much in use; whether there may be more. */
  shrink(): boolean {
    const { pages, freePages } = this.held;
    const tooLarge = pages > this.bounds.maxPages;
    if (tooLarge && freePages === 0) this.transaction(() => this.evictSome());
    else if (tooLarge || freePages > Math.max(SPARE_PAGES, pages / 4)) {
      this.db.exec(`PRAGMA incremental_vacuum(${VACUUM_PAGES})`);
      this.limitPages();
      this.probe();
    } else return false;
    return true;
  }

  /** Throws if nothing can be written. */
  probe(): void {
    this.transaction(() => this.statements.touch.run([]));
  }

  close(): void {
    // A statement keeps the connection, and with it a lock, until it is collected.
    this.rollBack();
    this.db.close();
    this.reader.close();
  }

  private store({ keyBytes, body, tags, expiresAt }: PendingChange): void {
    this.statements.delete.run([keyBytes]);
    if (!body) return;
    const { lastInsertRowid } = this.statements.insert.run([keyBytes, expiresAt, body]);
    for (const tag of tags) this.statements.tag.run([bytesOf(tag), lastInsertRowid]);
  }

  private dropStep(
    drops: readonly PendingDrop[],
    dropped: PendingDrop[],
    passed: Map<PendingDrop, PendingDrop['passed']>,
  ): void {
    let left = STEP_RECORDS;
    for (const drop of drops) {
      if (drop.outdatedAt !== undefined) {
        const { records, isWhole, through } = this.outdateSome(drop, drop.outdatedAt, left);
        passed.set(drop, through);
        if (!isWhole) return;
        dropped.push(drop);
        left -= records + 1;
        if (left <= 0) return;
        continue;
      }
      const changes = this.dropSome(drop, left);
      left -= changes;
      if (left <= 0) return;
      dropped.push(drop);
      // One that finds nothing is not free either.
      left -= 1;
      if (left <= 0) return;
    }
  }

  private dropSome({ kind, what, throughId }: PendingDrop, limit: number): number {
    const { dropTag, dropAll, dropAfter, dropBetween } = this.statements;
    const bytes = bytesOf(what);
    if (kind === 'tag') return dropTag.run([bytes, throughId, limit]).changes;
    if (what === '') return dropAll.run([throughId, limit]).changes;
    const end = successorOf(bytes);
    return end
      ? dropBetween.run([bytes, end, throughId, limit]).changes
      : dropAfter.run([bytes, throughId, limit]).changes;
  }

  /** Ends the freshness of some records in place, no more bytes of them at a time than are written at a time. */
  private outdateSome(drop: PendingDrop, wall: number, limit: number): OutdatedStep {
    const { bodyOf, renew, delete: drops } = this.statements;
    const rows = this.rowsOf(drop, limit);
    let { passed: through } = drop;
    let bytes = 0;
    let records = 0;
    for (const [id, keyBytes] of rows) {
      if (bytes > this.bounds.batchBytes) return { records, isWhole: false, through };
      const [body] = bodyOf.get([id]) as [Buffer];
      bytes += body.length;
      records += 1;
      through = drop.kind === 'tag' ? id : Buffer.concat([keyBytes, NEXT_KEY]);
      const left = outdatedBody(body, textOf(keyBytes), keyBytes, wall);
      if (left) renew.run([left.expiresAt, left.body, id]);
      else drops.run([keyBytes]);
    }
    return { records, isWhole: rows.length < limit, through };
  }

  private rowsOf(
    { kind, what, throughId, passed }: PendingDrop,
    limit: number,
  ): readonly (readonly [id: number, key: Buffer])[] {
    const { findKey, findTag, findAfter, findBetween } = this.statements;
    const bytes = bytesOf(what);
    const from = passed ?? bytes;
    const end = kind === 'prefix' ? successorOf(bytes) : undefined;
    const rows =
      kind === 'tag'
        ? findTag.all([bytes, passed ?? 0, throughId, limit])
        : kind === 'key'
          ? findKey.all([bytes, from, throughId, limit])
          : end
            ? findBetween.all([from, end, throughId, limit])
            : findAfter.all([from, throughId, limit]);
    return rows as [number, Buffer][];
  }

  private hasRoom(pages: number): boolean {
    const { entries, pages: all, freePages } = this.stateNow();
    // An empty database has all the room that there is.
    return all - freePages + pages <= this.bounds.fullPages || entries === 0;
  }

  private get crowded(): boolean {
    return this.held.pages > this.bounds.fullPages / 2 && this.held.entries > 0;
  }

  /** Drops some of the records that were written longest ago. */
  private evictSome(): false {
    const some = Math.min(STEP_RECORDS, Math.ceil(this.stateNow().entries / 16));
    this.evicting += this.statements.evict.run([some]).changes;
    return false;
  }

  private transaction<T>(operation: () => T): T {
    this.db.exec('BEGIN IMMEDIATE');
    this.evicting = 0;
    try {
      const result = operation();
      const state = this.stateNow();
      this.db.exec('COMMIT');
      this.held = state;
      if (this.evicting > 0) this.evicted(this.evicting);
      return result;
    } catch (error) {
      this.rollBack();
      throw error;
    }
  }

  private stateNow(): StoreState {
    const { entries, pages, freePages } = this.statements;
    return {
      entries: this.numberFrom(entries),
      pages: this.numberFrom(pages),
      freePages: this.numberFrom(freePages),
    };
  }

  private rollBack(): void {
    try {
      if (this.db.inTransaction) this.db.exec('ROLLBACK');
    } catch {
      // SQLite has rolled back by itself, or the disk is gone.
    }
  }

  private limitPages(): void {
    this.db.exec(`PRAGMA max_page_count = ${this.bounds.maxPages}`);
  }

  private numberFrom(statement: Database.Statement): number {
    return (statement.get([]) as [number] | undefined)?.[0] ?? 0;
  }
}

/**
 * Opens the database at `path`, or makes it. Never waits for a lock: that would hold the event loop.
 * @param evicted told how many records had to go to make room, once they have
 */
export function openRecordStore(
  libsql: Libsql,
  path: string,
  bounds: StoreBounds,
  evicted: (records: number) => void = () => undefined,
): RecordStore {
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
    return new RecordStore(db, connect(), bounds, evicted);
  } catch (error) {
    for (const db of opened) db.close();
    throw error;
  }
}

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
