import { crc32 } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anyBytes, anyDamage } from '../../../ground/testing/hostile-bytes.js';
import { anyText, expectLinear } from '../../../ground/testing/hostile-text.js';
import { tierRecordOf } from '../../contract/tier-contract.js';
import { HEAD_BYTES, decodeRecord, encodeRecord, bytesOf } from './record-codec.js';

const KEY = 'test:k';
const KEY_BYTES = bytesOf(KEY);

/** A body whose checksum is right, whatever else it says. */
function checked(body: Buffer): Buffer {
  body.writeUInt32LE(crc32(body.subarray(4), crc32(KEY_BYTES)), 0);
  return body;
}

/** Extras that nobody has written, with a checksum that is right. */
function withExtras(extras: string): Buffer {
  const bytes = Buffer.from(extras);
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(bytes.length, 4);
  return checked(Buffer.concat([head, bytes]));
}

describe('a record on disk', () => {
  it('is what was written, or none, whatever has happened to its bytes', () => {
    const record = fc.record({
      payload: fc.uint8Array({ maxLength: 60 }).map((some) => Buffer.from(some)),
      tags: fc.array(anyText(), { maxLength: 3 }),
      bornAt: fc.nat(),
      freshMs: fc.nat(),
    });
    const keepMs = fc.option(fc.nat(), { nil: undefined });
    fc.assert(
      fc.property(record, keepMs, anyDamage, (more, kept, damage) => {
        const written = tierRecordOf(KEY, { ...more, ...(kept !== undefined && { keepMs: kept }) });
        const decoded = decodeRecord(damage(encodeRecord(written, KEY_BYTES)), KEY, KEY_BYTES);
        if (decoded) expect(decoded).toEqual(written);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is none of another key', () => {
    const body = encodeRecord(tierRecordOf(KEY), KEY_BYTES);
    expect(decodeRecord(body, 'test:l', bytesOf('test:l'))).toBeUndefined();
  });

  it('is none, or has tags, where its bytes are anything with a right checksum', () => {
    fc.assert(
      fc.property(anyBytes, fc.json(), fc.nat({ max: 2 ** 32 - 1 }), (bytes, extras, length) => {
        const long = checked(Buffer.concat([Buffer.alloc(HEAD_BYTES), bytes]));
        const wrong = withExtras(extras);
        const endless = Buffer.from(wrong);
        endless.writeUInt32LE(length, 4);
        for (const body of [bytes, long, wrong, checked(endless)]) {
          const decoded = decodeRecord(body, KEY, KEY_BYTES);
          if (decoded) expect(Array.isArray(decoded.tags)).toBe(true);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('is read in time in proportion to its length', () => {
    expectLinear(['{', '}', '[', ']', '"', ':', ',', '"tags":', '1', '\\'], (extras) => {
      decodeRecord(withExtras(extras), KEY, KEY_BYTES);
    });
  });
});
