import { elapsedMs, instantOf } from '../../../ground/index.js';
import type { Clock, Instant } from '../../../ground/index.js';
import type { DiskFolder } from './disk-folder.js';
import type { RecordStore, StoreState } from './record-store.js';
import { faultOf, reasonOf, StoreMovedError } from './store-fault.js';
import type { StoreFault } from './store-fault.js';

/** Whom the outage is told to, once at its beginning and once at its end. */
export interface OutageListener {
  readonly onDegraded?: (reason: string) => void;
  readonly onRecovered?: () => void;
}

/** Whether the disk works, and when to try it again. */
export class Outage {
  private trouble: { readonly reason: string; readonly triedAt: Instant } | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly retryMs: number,
    private readonly listener: OutageListener,
  ) {}

  /** What is wrong; `undefined` while the disk works. */
  get reason(): string | undefined {
    return this.trouble?.reason;
  }

  /** The disk does not work, and it is time to try again. */
  get due(): boolean {
    return (
      this.trouble !== undefined && elapsedMs(this.clock, this.trouble.triedAt) >= this.retryMs
    );
  }

  /** The disk has failed, or has failed again. */
  begin(reason: string): void {
    const first = this.trouble === undefined;
    this.trouble = { reason, triedAt: instantOf(this.clock) };
    if (first) quietly(() => this.listener.onDegraded?.(reason));
  }

  /** The disk works again. */
  end(): void {
    if (this.trouble === undefined) return;
    this.trouble = undefined;
    quietly(() => this.listener.onRecovered?.());
  }
}

/** A listener that fails is no reason to fail. */
function quietly(tell: () => void): void {
  try {
    tell();
  } catch {
    // Nobody else to tell.
  }
}

/** Another process holds the lock: to be tried again soon. */
export const BUSY = Symbol('busy');

/** For how long the database may be locked without a break before it counts as not working. */
const LOCKED_MS = 2_000;

/** Repairs in a row before it counts as not working. */
const MAX_REPAIRS = 2;

/**
 * Holds on to the database: opens it, sets it aside when it is damaged, follows it when another
 * process has, and lets go while the disk does not work.
 */
export class StoreLink {
  private store: RecordStore | undefined;
  private identity: string | undefined;
  private lockedSince: Instant | undefined;
  private setAsides = 0;

  constructor(
    private readonly openStore: () => RecordStore,
    private readonly folder: DiskFolder,
    private readonly outage: Outage,
    private readonly clock: Clock,
    /** Told when another database takes the place of the one before. */
    private readonly onReplaced: () => void,
  ) {}

  /** Databases, and what stood in their place, that were unreadable. */
  get damaged(): number {
    return this.setAsides;
  }

  /** What the database holds; `undefined` while there is none. */
  get state(): StoreState | undefined {
    return this.store?.state;
  }

  /** Does what touches the disk; `undefined` if the disk does not work. */
  attempt<T>(operation: (store: RecordStore) => T): T | typeof BUSY | undefined {
    for (let repairs = 0; ; repairs++) {
      try {
        const result = operation(this.opened());
        this.lockedSince = undefined;
        return result;
      } catch (error) {
        const fault = faultOf(error);
        if (fault === 'busy' && !this.lockedForLong()) return BUSY;
        this.close();
        if (repairs < MAX_REPAIRS && this.repair(fault)) continue;
        this.outage.begin(reasonOf(error));
        return undefined;
      }
    }
  }

  /** Throws when another process has replaced the database, or somebody has deleted it. */
  follow(): void {
    if (this.folder.identity() !== this.identity) throw new StoreMovedError();
  }

  close(): void {
    this.store?.close();
    this.store = undefined;
    this.lockedSince = undefined;
  }

  private opened(): RecordStore {
    if (this.store) return this.store;
    if (this.folder.make()) this.setAsides++;
    this.identity = this.folder.identity();
    const store = this.openStore();
    const before = this.identity;
    this.identity = this.folder.identity();
    this.store = store;
    this.onReplaced();
    // Replaced while it was being opened: there is no telling which of the two it is.
    if (before !== undefined && before !== this.identity) throw new StoreMovedError();
    return store;
  }

  /** Whether it may be tried again at once, with another database. */
  private repair(fault: StoreFault): boolean {
    if (fault !== 'damaged') return fault === 'moved';
    try {
      this.folder.setAside(this.identity);
      this.setAsides++;
      return true;
    } catch {
      return false;
    }
  }

  private lockedForLong(): boolean {
    this.lockedSince ??= instantOf(this.clock);
    return elapsedMs(this.clock, this.lockedSince) >= LOCKED_MS;
  }
}
