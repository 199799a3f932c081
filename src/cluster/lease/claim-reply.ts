import { isToken } from '../kernel/index.js';
import type { ClaimReply, SharedValue } from '../kernel/index.js';
import type { StoreReply } from '../store/store.js';
import { decodeFrame, decodeOutcome, headerOf } from './frame.js';

/** @throws TypeError for what the script never answers, or answers where the store is damaged */
export function readClaimReply(reply: StoreReply, haveToken: number): ClaimReply {
  if (!Array.isArray(reply)) throw new TypeError('The store answered a claim with no list');
  const parts = reply as readonly StoreReply[];
  const numberAt = (index: number): number => {
    const part = parts[index];
    if (typeof part === 'number' && Number.isFinite(part)) return part;
    throw new TypeError(`The store answered a claim with ${typeof part} for a number`);
  };
  const tokenAt = (index: number): number => {
    const token = numberAt(index);
    if (isToken(token)) return token;
    throw new TypeError('The store answered a claim with a number that is no token');
  };
  const bytesAt = (index: number): Buffer => {
    const part = parts[index];
    if (Buffer.isBuffer(part)) return part;
    throw new TypeError('The store answered a claim with something else for bytes');
  };
  const valueAt = (index: number): SharedValue | undefined => {
    const frame = parts[index + 1];
    return Buffer.isBuffer(frame)
      ? decodeFrame(frame, numberAt(index), haveToken || undefined)
      : undefined;
  };
  switch (String(parts[0])) {
    case 'V': {
      const value = valueAt(1);
      if (value) return { kind: 'value', value };
      const header = headerOf(bytesAt(2));
      if (!header) break;
      return { kind: 'damaged', token: header.token };
    }
    case 'R':
      return {
        kind: 'outcome',
        token: tokenAt(1),
        ...decodeOutcome(bytesAt(2)),
        stale: valueAt(3),
      };
    case 'U':
      return { kind: 'unshared', stale: valueAt(1) };
    case 'W':
      return {
        kind: 'led',
        token: tokenAt(1),
        owner: String(bytesAt(2)),
        leftMs: numberAt(3),
      };
    case 'N':
      return { kind: 'nothing' };
    case 'H':
      return { kind: 'forgotten' };
    case 'L':
      return {
        kind: 'lead',
        token: tokenAt(1),
        broken: parts[2] === 1,
        stale: valueAt(3),
      };
  }
  throw new TypeError(`The store answered a claim with ${String(parts[0])}`);
}
