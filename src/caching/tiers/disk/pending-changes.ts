import { outdatedRecord } from '../../kernel/tier.js';
import { usefulMs } from '../../kernel/freshness.js';
import { decodeRecord, encodeRecord } from './record-codec.js';

/** A deletion of more than one key: of what has a tag, or of what begins with a prefix. */
export interface Drop {
  /** A key alone is only ever outdated by this way. */
  readonly kind: 'key' | 'tag' | 'prefix';
  readonly what: string;
  /** Wall time at which the freshness of what is meant has ended, which stays; `undefined` deletes it. */
  readonly outdatedAt?: number;
}

/** Whether `drop` means a record that has this key and these tags. */
export function isDropped({ kind, what }: Drop, key: string, tags: readonly string[]): boolean {
  if (kind === 'key') return key === what;
  return kind === 'tag' ? tags.includes(what) : key.startsWith(what);
}

/** A record in bytes whose freshness has ended at `wall`; `undefined` where nothing of use is left. */
export function outdatedBody(
  body: Buffer,
  key: string,
  keyBytes: Buffer,
  wall: number,
): { readonly body: Buffer; readonly expiresAt: number } | undefined {
  const record = decodeRecord(body, key, keyBytes);
  if (record === undefined) return undefined;
  const left = outdatedRecord(record, wall);
  const expiresAt = left.bornAt + usefulMs(left);
  return expiresAt > wall ? { body: encodeRecord(left, keyBytes), expiresAt } : undefined;
}

/** A key whose record is to be replaced or deleted. */
export interface PendingChange {
  readonly key: string;
  readonly keyBytes: Buffer;
  /** The record to write, encoded; `undefined` deletes. */
  body: Buffer | undefined;
  tags: readonly string[];
  /** Wall time from which the record is of no use. */
  expiresAt: number;
  readonly done: (() => void)[];
}

/** A deletion of many, of which a part may have been done. */
export interface PendingDrop extends Drop {
  /** Number of the last record that it means; `undefined` until the database was asked. */
  throughId: number | undefined;
  /** How far what is left in place has been gone through: the next key, or the number of the last record. */
  passed?: Buffer | number | undefined;
  readonly done: (() => void)[];
}

/** What a change says of the record to write. */
export type NewRecord = Pick<PendingChange, 'body' | 'tags' | 'expiresAt'>;

const DELETED: NewRecord = { body: undefined, tags: [], expiresAt: -Infinity };

/** Bytes in memory that a change takes besides those of key and record, by estimate. */
const CHANGE_BYTES = 300;

/**
 * What this process has changed and not yet written. It is asked before the database, so that a change
 * takes effect at once. While the disk does not work it keeps the deletions that are owed.
 */
export class PendingChanges {
  private readonly changes = new Map<string, PendingChange>();
  private drops: PendingDrop[] = [];
  private held = 0;
  private owing = false;

  /**
   * @param maxBytes of records that wait; a record beyond that is given up, and what it replaces deleted
   * @param maxOwed deletions that are remembered while the disk does not work
   */
  constructor(
    private readonly maxBytes: number,
    private readonly maxOwed: number,
  ) {}

  get any(): boolean {
    return this.changes.size > 0 || this.drops.length > 0;
  }

  get dropsUnderWay(): readonly PendingDrop[] {
    return this.drops;
  }

  get(key: string): PendingChange | undefined {
    return this.changes.get(key);
  }

  /** Replaces the record of `key`, or deletes it. Ends when that is written. */
  put(key: string, keyBytes: Buffer, record: NewRecord = DELETED): Promise<void> {
    const before = this.changes.get(key);
    if (before) this.forget(before);
    const fits = !this.owing && this.held + (record.body?.length ?? 0) <= this.maxBytes;
    return this.promised((resolve) => {
      // Whoever waits for an earlier change of the same key waits for what came of it.
      const done = [...(before?.done ?? []), ...resolve];
      this.remember({ key, keyBytes, ...(fits ? record : DELETED), done });
    });
  }

  /** Deletes many. Ends when that is written. */
  drop(drop: Drop): Promise<void> {
    return this.promised((done) => {
      this.addDrop({ ...drop, throughId: undefined, done });
    });
  }

  /** Whether a deletion under way means the record in the database that has this number. */
  hides(id: number, key: string, tags: readonly string[]): boolean {
    return this.drops.some(
      (drop) => drop.outdatedAt === undefined && isMeant(drop, id) && isDropped(drop, key, tags),
    );
  }

  /** When the freshness of the record in the database that has this number has ended, by what is not written yet. */
  outdates(id: number, key: string, tags: readonly string[]): number | undefined {
    const drop = this.drops.find(
      (each) => each.outdatedAt !== undefined && isMeant(each, id) && isDropped(each, key, tags),
    );
    return drop?.outdatedAt;
  }

  /** The first changes, in order: one at least, and no more than the limits say. */
  first(maxChanges: number, maxBytes: number): PendingChange[] {
    const batch: PendingChange[] = [];
    let bytes = 0;
    for (const change of this.changes.values()) {
      bytes += change.body?.length ?? 0;
      if (batch.length > 0 && (batch.length >= maxChanges || bytes > maxBytes)) break;
      batch.push(change);
    }
    return batch;
  }

  /** These are written. */
  settle(changes: readonly PendingChange[], drops: readonly PendingDrop[]): void {
    for (const change of changes) this.forget(change);
    this.drops = this.drops.filter((drop) => !drops.includes(drop));
    for (const { done } of [...changes, ...drops]) release(done);
  }

  /** The database that numbered the records is no longer the one that is written to. */
  renumber(): void {
    for (const drop of this.drops) drop.throughId = drop.passed = undefined;
  }

  /**
   * The disk does not work: nobody waits any longer, records become deletions of what they replaced,
   * and when there are too many of these, everything is to be dropped instead.
   */
  owe(): void {
    if (this.owing) return;
    this.owing = true;
    for (const change of this.changes.values()) {
      release(change.done);
      this.erase(change);
    }
    for (const { done } of this.drops) release(done);
    this.boundOwed();
  }

  /** The disk works again: what is owed can be written. */
  resume(): void {
    this.owing = false;
  }

  private promised(add: (done: (() => void)[]) => void): Promise<void> {
    if (this.owing) {
      add([]);
      this.boundOwed();
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      add([resolve]);
    });
  }

  private boundOwed(): void {
    if (this.changes.size + this.drops.length <= this.maxOwed) return;
    this.addDrop({ kind: 'prefix', what: '', throughId: undefined, done: [] });
  }

  private addDrop(drop: PendingDrop): void {
    if (drop.outdatedAt === undefined && drop.kind === 'prefix' && drop.what === '') {
      // It means all that the others mean.
      for (const { done } of [...this.changes.values(), ...this.drops]) drop.done.push(...done);
      this.changes.clear();
      this.held = 0;
      this.drops = [];
    }
    for (const change of this.changes.values()) {
      if (change.body && isDropped(drop, change.key, change.tags)) this.change(change, drop);
    }
    this.drops.push(drop);
  }

  private remember(change: PendingChange): void {
    this.changes.set(change.key, change);
    this.held += weightOf(change);
  }

  private forget(change: PendingChange): void {
    if (this.changes.delete(change.key)) this.held -= weightOf(change);
  }

  private erase(change: PendingChange): void {
    this.replace(change, DELETED);
  }

  private change(change: PendingChange, { outdatedAt }: Drop): void {
    const { body, key, keyBytes } = change;
    const left =
      body && outdatedAt !== undefined ? outdatedBody(body, key, keyBytes, outdatedAt) : undefined;
    this.replace(change, left ?? DELETED);
  }

  private replace(change: PendingChange, by: Partial<NewRecord>): void {
    this.held -= weightOf(change);
    Object.assign(change, by);
    this.held += weightOf(change);
  }
}

function isMeant({ throughId }: PendingDrop, id: number): boolean {
  return throughId === undefined || id <= throughId;
}

function weightOf({ keyBytes, body }: PendingChange): number {
  return CHANGE_BYTES + 2 * keyBytes.length + (body?.length ?? 0);
}

function release(done: (() => void)[]): void {
  for (const tell of done.splice(0)) tell();
}
