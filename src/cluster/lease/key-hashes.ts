import { createHash } from 'node:crypto';
import type { NameEpochs } from './name-epochs.js';

/** 132 bits: enough for no two keys ever to meet. */
const HASH_LENGTH = 22;

/** Turns keys into what they are called in the store; purges give all of them new names. */
export class KeyHashes {
  constructor(private readonly epochs: NameEpochs) {}

  /** Without waiting, where the epochs are known. Rejects as the store does. */
  of(key: string, name: string | undefined): string | Promise<string> {
    const prefix = this.epochs.prefix(name);
    return typeof prefix === 'string'
      ? hash(prefix, key)
      : prefix.then((known) => hash(known, key));
  }
}

function hash(prefix: string, key: string): string {
  return createHash('sha256')
    .update(prefix + key)
    .digest('base64url')
    .slice(0, HASH_LENGTH);
}
