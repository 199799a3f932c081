import { describe, expect, it } from '@jest/globals';
import { tierRecordOf } from '../../testing.js';
import { decodeRecord, encodeRecord } from './record-payload.js';

describe('a record as the payload of a shared value', () => {
  it('comes back with what the value’s frame does not carry', () => {
    const record = tierRecordOf('test:ü', { etag: '"1"', payload: Buffer.from([0, 255]) });
    const { key, freshMs, staleMs, staleIfErrorMs, etag, payload } = record;
    expect(decodeRecord(encodeRecord(record))).toEqual({
      ...{ key, freshMs, staleMs, staleIfErrorMs, etag, payload },
    });
  });

  it('says how much longer it is kept to be validated, be it not at all, or nothing of that', () => {
    const keepMs = [undefined, 0, 500].map((ms) => {
      const record = ms === undefined ? tierRecordOf('k') : tierRecordOf('k', { keepMs: ms });
      return decodeRecord(encodeRecord(record))?.keepMs;
    });
    expect(keepMs).toEqual([undefined, 0, 500]);
  });

  it('has no entity tag where there is none, and may be empty', () => {
    const record = tierRecordOf('k', { payload: new Uint8Array(0) });
    const decoded = decodeRecord(encodeRecord(record));
    expect(decoded).not.toHaveProperty('etag');
    expect(decoded?.payload).toHaveLength(0);
  });

  it.each([[[]], [[0, 0]], [[0, 0, 0, 9, 1]], [[255, 255, 255, 255, 1, 2, 3]]])(
    'is nothing where the bytes are something else: %j',
    (bytes) => {
      expect(decodeRecord(Buffer.from(bytes))).toBeUndefined();
    },
  );
});
