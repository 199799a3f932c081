import type { UnstoredBecause } from '../caching/index.js';
import { BoundedMap, hashKey } from '../ground/index.js';
import type { NotStored } from '../http-cache/index.js';

/**
 * Why an answer was not kept: what its head says ({@link NotStored}), what the cache says of it
 * (`UnstoredBecause`: `overtaken`, `no-room` and others), or how its body ended: `too-large`, or `broken-off`
 * before it was whole.
 */
export type NotKept = NotStored | UnstoredBecause | 'broken-off';

/** An answer that was not kept. */
export interface Unstored {
  readonly because: NotKept;
  readonly status: number;
  /** When its head came, in milliseconds since the Unix epoch. */
  readonly at: number;
}

/** Targets that are remembered: the last ones of which an answer was not kept. */
const MOST = 1_000;

/** Longer keys are remembered by a hash. */
const MAX_LENGTH = 512;

/** Remembers for the targets that were asked for lately why the last answer was not kept, where it was not. */
export class LastUnstored {
  private readonly last = new BoundedMap<Unstored>(MOST);

  /** The last answer was not kept. @param key by which it would have been, beside its variant */
  note(rule: string, key: string, unstored: Unstored): void {
    this.last.set(placeOf(rule, key), unstored);
  }

  /** The last answer was kept. */
  forget(rule: string, key: string): void {
    this.last.delete(placeOf(rule, key));
  }

  of(rule: string, key: string): Unstored | undefined {
    return this.last.get(placeOf(rule, key));
  }
}

function placeOf(rule: string, key: string): string {
  return `${rule} ${key.length <= MAX_LENGTH ? key : hashKey(key)}`;
}
