import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anyBytes, anyDamage } from '../../ground/testing/hostile-bytes.js';
import { anyText, expectLinear } from '../../ground/testing/hostile-text.js';
import { isToken } from '../kernel/index.js';
import type { StoreReply } from '../store/store.js';
import { readClaimReply } from './claim-reply.js';
import {
  decodeFrame,
  decodeOutcome,
  decodeTags,
  encodeFrame,
  encodeOutcome,
  HEADER_BYTES,
  headerOf,
  writeToken,
} from './frame.js';

const JSON_PIECES = ['[', ']', ',', '"', '\\', '"a"', '["a"', '{', '}', ':', '1', ' ', '\u00e9'];

const payload = fc.uint8Array({ maxLength: 60 }).map((some) => Buffer.from(some));
const tags = fc.array(anyText({ maxLength: 8 }), { maxLength: 3 });
const token = fc.nat({ max: 2 ** 52 - 1 });
const ms = fc.nat({ max: 2 ** 32 - 1 });
const written = fc.record({ payload, token, freshMs: ms, keepMs: ms, tags });

describe('a value in the store', () => {
  it('is what was written, or none, whatever has happened to its bytes', () => {
    fc.assert(
      fc.property(written, anyDamage, ({ payload: body, ...content }, damage) => {
        const damaged = damage(encodeFrame(body, content));
        const decoded = decodeFrame(damaged, 5);
        if (decoded) expect(decoded).toEqual({ ...content, ageMs: 5, payload: body });
      }),
      { numRuns: 2_000 },
    );
  });

  it('is what was written, or none, where its payload was not sent', () => {
    fc.assert(
      fc.property(written, anyDamage, ({ payload: body, ...content }, damage) => {
        const frame = encodeFrame(body, content);
        const head = damage(frame.subarray(0, frame.length - body.length));
        const decoded = decodeFrame(head, 5, content.token);
        if (decoded) expect(decoded).toEqual({ ...content, ageMs: 5, payload: undefined });
      }),
      { numRuns: 2_000 },
    );
  });

  it('is none where its bytes are anything', () => {
    fc.assert(
      fc.property(anyBytes, fc.boolean(), token, (bytes, isTagged, its) => {
        const frame = encodeFrame(bytes, { token: its, freshMs: 1, keepMs: 1 });
        bytes.copy(frame, isTagged ? 12 : 3);
        expect(() => decodeFrame(bytes, 5)).not.toThrow();
        expect(() => decodeFrame(frame, 5, its)).not.toThrow();
      }),
    );
  });

  it.each([NaN, Infinity, -1, 0.5, 2 ** 52, Number.MAX_VALUE])('has no token of %d', (its) => {
    const frame = encodeFrame(Buffer.from('body'), { token: 1, freshMs: 1, keepMs: 1 });
    writeToken(frame, its);
    expect(headerOf(frame)).toBeUndefined();
    expect(decodeFrame(frame, 5)).toBeUndefined();
  });

  it('is read in time in proportion to its length', () => {
    expectLinear(['BW', '\u0002', '\u0000', 'a', '\u00ff', '[', '"'], (text) => {
      decodeFrame(Buffer.from(text, 'latin1'), 5);
      const frame = encodeFrame(Buffer.from(text), {
        token: 1,
        freshMs: 1,
        keepMs: 1,
        tags: [text],
      });
      decodeFrame(frame, 5);
    });
    expectLinear(JSON_PIECES, (text) => decodeTags(Buffer.from(text)));
  });
});

describe('an outcome in the store', () => {
  it('is what was written, or nothing, whatever has happened to its bytes', () => {
    fc.assert(
      fc.property(payload, tags, anyDamage, (body, its, damage) => {
        const decoded = decodeOutcome(damage(encodeOutcome(body, its)));
        if (decoded.payload.length > 0) expect(decoded).toEqual({ payload: body, tags: its });
      }),
      { numRuns: 2_000 },
    );
  });

  it('is nothing where its bytes are anything', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        expect(decodeOutcome(bytes).payload).toHaveLength(0);
      }),
    );
  });

  it('is read in time in proportion to its length', () => {
    expectLinear(JSON_PIECES, (text) => {
      decodeOutcome(Buffer.from(text));
      decodeOutcome(encodeOutcome(Buffer.from(text), [text]));
    });
  });
});

describe('what the store says to a claim', () => {
  const bytes = fc.oneof(
    anyBytes,
    fc.constantFrom('V', 'R', 'U', 'W', 'N', 'H', 'L', 'x').map((word) => Buffer.from(word)),
    fc
      .tuple(written, anyDamage)
      .map(([{ payload: body, ...content }, damage]) => damage(encodeFrame(body, content))),
  );
  const part: fc.Arbitrary<StoreReply> = fc.oneof(
    bytes,
    fc.integer(),
    fc.double(),
    fc.constantFrom(null, -1, 2 ** 53, []),
  );
  const letter = fc
    .constantFrom('V', 'R', 'U', 'W', 'N', 'H', 'L')
    .map((word) => Buffer.from(word));
  const reply = fc.oneof(
    part,
    fc.array(part, { maxLength: 5 }),
    fc.tuple(letter, part, part, part, part),
    fc.tuple(letter, fc.nat(), bytes, fc.nat(), bytes),
  );

  it('is understood, or refused with a TypeError', () => {
    fc.assert(
      fc.property(reply, fc.nat(), (said, have) => {
        let read;
        try {
          read = readClaimReply(said, have);
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
          return;
        }
        if ('token' in read) expect(isToken(read.token)).toBe(true);
        if ('leftMs' in read) expect(Number.isFinite(read.leftMs)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('takes no memory for lengths that it declares', () => {
    const frame = encodeFrame(Buffer.from('body'), {
      token: 1,
      freshMs: 1,
      keepMs: 1,
      tags: ['t'],
    });
    const outcome = encodeOutcome(Buffer.from('body'), ['t']);
    const before = process.memoryUsage();
    for (let at = 0; at + 4 <= HEADER_BYTES; at++) {
      const hostile = Buffer.from(frame);
      hostile.writeUInt32BE(0xffff_fff0, at);
      decodeFrame(hostile, 5);
      decodeFrame(hostile, 5, 1);
      const other = Buffer.from(outcome);
      other.writeUInt32BE(0xffff_fff0, at % (other.length - 4));
      decodeOutcome(other);
    }
    const { arrayBuffers, external } = process.memoryUsage();
    expect(arrayBuffers - before.arrayBuffers + external - before.external).toBeLessThan(2 ** 24);
  });
});
