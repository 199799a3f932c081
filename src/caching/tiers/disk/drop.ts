import type { TierRecord } from '../../kernel/tier.js';

/** A deletion of more than one key: of what has a tag, or of what begins with a prefix. */
export interface Drop {
  readonly kind: 'tag' | 'prefix';
  readonly what: string;
}

/** Whether `drop` means a record that has this key and these tags. */
export function isDropped(drop: Drop, key: string, tags: readonly string[]): boolean {
  return drop.kind === 'tag' ? tags.includes(drop.what) : key.startsWith(drop.what);
}

/** Total age from which a record is of no use to anyone, in milliseconds. */
export function lifetimeOf(record: TierRecord): number {
  return Math.max(record.freshMs, record.staleMs, record.staleIfErrorMs);
}
