import { channel } from 'node:diagnostics_channel';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { WallTime } from '../../../ground/index.js';
import type { Cancel } from '../../../ground/index.js';
import { CACHING_CHANNEL } from '../../kernel/cache-telemetry.js';
import { usefulMs } from '../../kernel/freshness.js';
import type { CacheEvent } from '../../kernel/cache-telemetry.js';
import { outdatedRecord } from '../../kernel/tier.js';
import type { Drop as TierDrop, Tier, TierHealth, TierRecord } from '../../kernel/tier.js';
import { DiskFolder } from './disk-folder.js';
import {
  resolveDiskTierOptions,
  PAGE_BYTES,
  maxRecordBytesOf,
  storeBoundsOf,
} from './disk-tier.options.js';
import type { DiskTierOptions, ResolvedDiskTierOptions } from './disk-tier.options.js';
import { PendingChanges } from './pending-changes.js';
import type { Drop } from './pending-changes.js';
import { HEAD_BYTES, decodeRecord, encodeRecord, bytesOf } from './record-codec.js';
import { loadLibsql, openRecordStore } from './record-store.js';
import type { Libsql, RecordStore } from './record-store.js';
import { reasonOf } from './store-fault.js';
import { Outage, BUSY, StoreLink } from './store-link.js';

/**
 * Waits for other processes, which take real time whatever clock a test has; nor may the process end
 * before what it waits for is written. They can be ended all at once.
 */
export class Waits {
  private readonly waiting = new Map<NodeJS.Timeout, () => void>();
  private ended = false;

  /** Ends after `ms`, or with {@link end}. */
  wait(ms: number): Promise<void> {
    if (this.ended) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.waiting.delete(timer);
        resolve();
      }, ms);
      this.waiting.set(timer, resolve);
    });
  }

  /** Ends all waits, those to come as well. */
  end(): void {
    this.ended = true;
    for (const [timer, resolve] of this.waiting) {
      clearTimeout(timer);
      resolve();
    }
    this.waiting.clear();
  }
}

const events = channel(CACHING_CHANNEL);

/** Records that wait to be written, in bytes. */
const MAX_PENDING_BYTES = 32 * 1024 * 1024;

/** Deletions that are remembered while the disk does not work. */
const MAX_OWED = 10_000;

/** What a deletion means. */
const KIND_OF = { delete: 'key', deleteTag: 'tag', deletePrefix: 'prefix' } as const;

/** Waits for a lock that another process holds for the moment; then a look-up is a miss. */
const LOCK_WAITS_MS = [1, 1, 2, 4, 8, 16, 32];

/** Between two steps of upkeep while there is more to do. */
const NEXT_STEP_MS = 20;

/** Turns in which closing tries to write what is left while another process holds the lock. */
const CLOSING_TURNS = 1_000;

/**
 * The tier on disk: a database in a folder that processes share. A look-up reads it at once, in some
 * tens of microseconds; changes take effect at once and are written behind, many in one transaction. It
 * survives restarts and `kill -9`.
 */
export class DiskTier implements Tier {
  readonly name = 'disk';

  /** Fulfilled when the database is open, or could not be opened; until then every look-up is a miss. */
  readonly ready: Promise<void>;

  private readonly options: ResolvedDiskTierOptions;
  private readonly folder: DiskFolder;
  private readonly time: WallTime;
  private readonly outage: Outage;
  private readonly waits = new Waits();
  private readonly pending = new PendingChanges(MAX_PENDING_BYTES, MAX_OWED);
  private readonly maxRecordBytes: number;
  private link: StoreLink | undefined;
  private writing: Promise<void> | undefined;
  private closing: Promise<void> | undefined;
  private cancelUpkeep: Cancel = () => undefined;
  private closed = false;
  private damagedRecords = 0;
  private evictions = 0;

  private constructor(options: DiskTierOptions) {
    this.options = resolveDiskTierOptions(options);
    const { directory, maxBytes, clock, retryMs } = this.options;
    this.maxRecordBytes = maxRecordBytesOf(maxBytes);
    this.folder = new DiskFolder(directory, Math.floor(maxBytes / 2));
    this.time = new WallTime(clock);
    this.outage = new Outage(clock, retryMs, options);

    this.ready = this.start();
    this.scheduleUpkeep(this.options.upkeepMs);
  }

  /**
   * Opens the tier. A disk that does not work is no error: the tier is degraded and tries again.
   * @throws InvalidOptionError
   */
  static open(options: DiskTierOptions): DiskTier {
    return new DiskTier(options);
  }

  /** The record of `key`; a promise only while another process holds the lock. */
  get(key: string): TierRecord | undefined | Promise<TierRecord | undefined> {
    const found = this.find(key);
    return found === BUSY ? this.findLater(key) : found;
  }

  /**
   * Stores a record; one that is too large, or that could not be stored, is no longer there at all.
   * Ends when it is written.
   */
  set(record: TierRecord): Promise<void> {
    if (this.closing) return Promise.resolve();
    const { key, tags } = record;
    const keyBytes = bytesOf(key);
    const expiresAt = record.bornAt + usefulMs(record);
    const roughly = HEAD_BYTES + keyBytes.length + record.payload.byteLength;
    if (roughly > this.maxRecordBytes || expiresAt <= this.time.now()) return this.delete(key);
    const body = encodeRecord(record, keyBytes);
    return this.changed(this.pending.put(key, keyBytes, { body, tags: [...tags], expiresAt }));
  }

  /** Takes effect at once in this process, and in all others when the promise is fulfilled. */
  delete(key: string): Promise<void> {
    if (this.closing) return Promise.resolve();
    return this.changed(this.pending.put(key, bytesOf(key)));
  }

  /** Takes effect at once in this process, and in all others when the promise is fulfilled. */
  deleteTag(tag: string): Promise<void> {
    return this.drop({ kind: 'tag', what: tag });
  }

  /** Takes effect at once in this process, and in all others when the promise is fulfilled. */
  deletePrefix(prefix: string): Promise<void> {
    return this.drop({ kind: 'prefix', what: prefix });
  }

  /** Takes effect at once in this process, and in all others when the promise is fulfilled. */
  outdate(how: TierDrop, what: string, wall: number): Promise<void> {
    return this.drop({ kind: KIND_OF[how], what, outdatedAt: wall });
  }

  health(): TierHealth {
    const { reason } = this.outage;
    const state = this.link?.state;
    const held = {
      entries: state?.entries ?? 0,
      bytes: state ? state.pages * PAGE_BYTES + this.folder.asideBytes : 0,
      maxBytes: this.options.maxBytes,
      evictions: this.evictions,
      damaged: this.damagedRecords + (this.link?.damaged ?? 0),
    };
    return reason === undefined
      ? { status: 'up', ...held }
      : { status: 'degraded', ...held, reason };
  }

  /** Writes what is left and lets go of the folder; what is stored stays. Then every look-up is a miss. */
  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async start(): Promise<void> {
    let libsql: Libsql;
    try {
      libsql = await loadLibsql();
    } catch (error) {
      // For good: what cannot be loaded now will not be there later.
      this.outage.begin(`libsql cannot be loaded: ${reasonOf(error)}`);
      this.pending.owe();
      return;
    }
    const open = () =>
      openRecordStore(
        libsql,
        this.folder.file,
        storeBoundsOf(this.options.maxBytes, this.folder.asideBytes),
        (records) => this.evicted(records),
      );
    const { clock } = this.options;
    this.link = new StoreLink(open, this.folder, this.outage, clock, () => this.pending.renumber());
    for (const ms of [0, ...LOCK_WAITS_MS]) {
      if (ms > 0) await this.waits.wait(ms);
      if (this.use((store) => store.state) !== BUSY) break;
    }
    // More than is allowed, if the bound was lowered since the last time.
    while (this.use((store) => store.shrink()) === true) await nextTurn();
    this.writeSoon();
  }

  private evicted(records: number): void {
    this.evictions += records;
    if (!events.hasSubscribers) return;
    const event: CacheEvent = { type: 'tier-evicted', tier: this.name, records };
    events.publish(event);
  }

  private find(key: string): TierRecord | typeof BUSY | undefined {
    if (this.closing) return undefined;
    const keyBytes = bytesOf(key);
    const change = this.pending.get(key);
    if (change) {
      const copy = this.link && change.body && Buffer.from(change.body);
      return copy && this.usable(decodeRecord(copy, key, keyBytes));
    }
    const found = this.use((store) => store.get(keyBytes));
    if (found === undefined || found === BUSY) return found;
    const record = decodeRecord(found.body, key, keyBytes);
    if (!record) {
      this.damagedRecords++;
      void this.delete(key);
      return undefined;
    }
    if (this.pending.hides(found.id, key, record.tags)) return undefined;
    const wall = this.pending.outdates(found.id, key, record.tags);
    return this.usable(wall === undefined ? record : outdatedRecord(record, wall));
  }

  private async findLater(key: string): Promise<TierRecord | undefined> {
    for (const ms of LOCK_WAITS_MS) {
      await this.waits.wait(ms);
      const found = this.find(key);
      if (found !== BUSY) return found;
    }
    return undefined;
  }

  private usable(record: TierRecord | undefined): TierRecord | undefined {
    const ageMs = record && this.time.ageOf(record.bornAt);
    return record && ageMs !== undefined && ageMs < usefulMs(record) ? record : undefined;
  }

  private drop(drop: Drop): Promise<void> {
    return this.closing ? Promise.resolve() : this.changed(this.pending.drop(drop));
  }

  private changed(written: Promise<void>): Promise<void> {
    this.writeSoon();
    return written;
  }

  private isOut(): boolean {
    return this.outage.reason !== undefined;
  }

  private get canWrite(): boolean {
    return this.link !== undefined && !this.isOut() && this.pending.any;
  }

  private writeSoon(): void {
    if (this.canWrite && !this.closing) this.writing ??= this.writeBehind();
  }

  /** Writes step by step, giving way between two, until nothing is left. */
  private async writeBehind(): Promise<void> {
    try {
      // What comes in the same turn goes into the same transaction.
      await nextTurn();
      while (this.canWrite && !this.closing) {
        if (this.writeStep() === BUSY) await this.waits.wait(1);
        await nextTurn();
      }
    } finally {
      this.writing = undefined;
    }
  }

  private writeStep(): unknown {
    return this.use((store) => {
      store.write(this.pending);
    });
  }

  /** Does what touches the disk; `undefined` if it is known not to work, or fails. */
  private use<T>(operation: (store: RecordStore) => T): T | typeof BUSY | undefined {
    if (this.closed || this.isOut()) return undefined;
    const result = this.link?.attempt(operation);
    if (this.isOut()) this.pending.owe();
    return result;
  }

  private scheduleUpkeep(ms: number): void {
    this.cancelUpkeep = this.options.scheduler.schedule(() => {
      const more = this.upkeep();
      const { upkeepMs } = this.options;
      if (!this.closing) this.scheduleUpkeep(more ? Math.min(NEXT_STEP_MS, upkeepMs) : upkeepMs);
    }, ms);
  }

  /** One step; whether there is more to do. */
  private upkeep(): boolean {
    if (this.outage.due) this.tryAgain();
    this.use(() => this.link?.follow());
    const swept = this.use((store) => store.sweep(this.time.now()));
    const shrunk = this.use((store) => store.shrink());
    this.writeSoon();
    return swept === true || shrunk === true;
  }

  private tryAgain(): void {
    if (this.link?.attempt((store) => (store.probe(), true)) !== true) return;
    this.outage.end();
    this.pending.resume();
  }

  private async end(): Promise<void> {
    this.cancelUpkeep();
    this.waits.end();
    await this.ready;
    await this.writing;
    for (let turns = 0; turns < CLOSING_TURNS && this.canWrite; turns++) {
      this.writeStep();
      await nextTurn();
    }
    this.closed = true;
    this.link?.close();
    this.pending.owe();
  }
}
