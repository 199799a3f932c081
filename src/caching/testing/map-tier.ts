import { outdatedRecord } from '../kernel/tier.js';
import type { Drop, Tier, TierHealth, TierRecord } from '../kernel/tier.js';

/** The simplest tier there is; as slow, as broken and as closed as a test wants it. */
export class MapTier implements Tier {
  readonly records = new Map<string, TierRecord>();
  readonly calls = { get: 0, set: 0, delete: 0 };
  /** What every operation throws, while it is set. */
  fault: Error | undefined;
  /** What every operation waits for before it does anything. */
  gate: Promise<void> | undefined;
  private closed = false;

  constructor(readonly name = 'disk') {}

  get(key: string): Promise<TierRecord | undefined> {
    this.calls.get++;
    return this.act(() => this.records.get(key));
  }

  set(record: TierRecord): Promise<void> {
    this.calls.set++;
    return this.act(() => {
      if (!this.closed)
        this.records.set(record.key, { ...record, payload: record.payload.slice() });
    });
  }

  delete(key: string): Promise<void> {
    this.calls.delete++;
    return this.drop((record) => record.key === key);
  }

  deleteTag(tag: string): Promise<void> {
    return this.drop((record) => record.tags.includes(tag));
  }

  deletePrefix(prefix: string): Promise<void> {
    return this.drop((record) => record.key.startsWith(prefix));
  }

  outdate(how: Drop, what: string, wall: number): Promise<void> {
    return this.act(() => {
      for (const record of this.records.values()) {
        if (isMeant(record, how, what)) this.records.set(record.key, outdatedRecord(record, wall));
      }
    });
  }

  health(): TierHealth {
    let bytes = 0;
    for (const { payload } of this.records.values()) bytes += payload.byteLength;
    return { status: 'up', entries: this.records.size, bytes, damaged: 0 };
  }

  close(): void {
    this.closed = true;
    this.records.clear();
  }

  private drop(condemned: (record: TierRecord) => boolean): Promise<void> {
    return this.act(() => {
      for (const record of this.records.values()) {
        if (condemned(record)) this.records.delete(record.key);
      }
    });
  }

  private async act<T>(operation: () => T): Promise<T> {
    await this.gate;
    if (this.fault) throw this.fault;
    return operation();
  }
}

function isMeant({ key, tags }: TierRecord, how: Drop, what: string): boolean {
  if (how === 'delete') return key === what;
  return how === 'deleteTag' ? tags.includes(what) : key.startsWith(what);
}
