import { createHash } from 'node:crypto';
import { EVERYTHING } from './name-epochs.js';
import type { NameEpochs } from './name-epochs.js';

/** 132 bits: enough for no two keys ever to meet. */
const HASH_LENGTH = 22;

/** Turns keys into what they are called in the store; purges give all of them new names. */
export class KeyHashes {
  constructor(private readonly epochs: NameEpochs) {}

  /** Without waiting, where the epochs are known. Rejects as the store does. */
  of(key: string, name: string | undefined): string | Promise<string> {
    const all = this.epochs.of(EVERYTHING);
    const own = name === undefined ? 0 : this.epochs.of(name);
    if (typeof all === 'number' && typeof own === 'number') return hash(all, own, key);
    return Promise.all([all, own]).then(([first, second]) => hash(first, second, key));
  }
}

function hash(all: number, own: number, key: string): string {
  return createHash('sha256')
    .update(`${all}:${own}:${key}`)
    .digest('base64url')
    .slice(0, HASH_LENGTH);
}
