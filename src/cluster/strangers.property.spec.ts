import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { v8Codec } from '../caching/index.js';
import { tierRecordOf } from '../testing.js';
import { anyBytes, anyDamage } from '../ground/testing/hostile-bytes.js';
import { anyText, expectLinear } from '../ground/testing/hostile-text.js';
import { parseCircuitMessage, readCircuitReply } from './circuit/circuit-news.js';
import { answeredError, isToken, parseBusMessage } from './kernel/index.js';
import { decodeOutcome, encodeOutcome } from './lease/frame.js';
import { OutcomeCodec } from './sharing/outcome-codec.js';
import { plainErrors } from './sharing/error-codec.js';
import { decodeRecord, encodeRecord } from './sharing/record-payload.js';
import type { StoreReply } from './store/store.js';

const HASH = 'h'.repeat(22);
const WORDS = [
  'd',
  'i',
  'w',
  'p',
  't',
  'o',
  'c',
  'g',
  ' ',
  '1',
  '9',
  HASH,
  'k',
  '\n',
  '-',
  '\u0000',
];

const text = fc.oneof(
  anyText(),
  fc.array(fc.constantFrom(...WORDS), { maxLength: 12 }).map((words) => words.join('')),
  fc
    .tuple(
      fc.constantFrom(
        ...[`d 7 ${HASH}`, `i 7 ${HASH} a key`, `w 7 ${HASH} me a key`, 'p 7 name', 't 7 a tag'],
        ...['o 12 5000 a name', 'c 12 0 a name', 'f 12 0 a name'],
      ),
      anyDamage,
    )
    .map(([message, damage]) => damage(Buffer.from(message)).toString('utf8')),
);

describe('messages of the bus', () => {
  it('say something that holds together, or nothing', () => {
    fc.assert(
      fc.property(text, (said) => {
        const message = parseBusMessage(said);
        if (!message) return;
        expect(isToken(message.token)).toBe(true);
        if ('hash' in message) expect(message.hash).toMatch(/^[\w-]{22}$/);
        if (message.kind === 'put') expect(message.instance).not.toBe('');
      }),
      { numRuns: 2_000 },
    );
  });

  it('of circuits say something that holds together, or nothing', () => {
    fc.assert(
      fc.property(text, (said) => {
        const message = parseCircuitMessage(said);
        if (message?.kind !== 'news') return;
        expect(isToken(message.news.epoch)).toBe(true);
        expect(['closed', 'opened', 'reopened']).toContain(message.news.kind);
      }),
      { numRuns: 2_000 },
    );
  });

  it('are read in time in proportion to their length', () => {
    expectLinear([...WORDS, 'd 1 ', `w 1 ${HASH} `], (said) => {
      parseBusMessage(said);
      parseBusMessage(`w 1 ${HASH} ${said}`);
      parseCircuitMessage(said);
      parseCircuitMessage(`o 1 1 ${said}`);
    });
  });

  it('and errors of the store as well', () => {
    const pieces = ['A', 'a', ' ', 'NOPERM', 'ACL failure in script', 'user executing', '1'];
    expectLinear(pieces, (said) => answeredError(said));
  });
});

describe('what the store says of a circuit', () => {
  const part: fc.Arbitrary<StoreReply> = fc.oneof(
    anyBytes,
    fc.double(),
    fc.nat(),
    fc.constantFrom('c', 'o', 'r', 'x', 'constructor').map((kind) => Buffer.from(kind)),
    fc.constantFrom(null, -1, 2 ** 53, []),
  );

  it('is understood, or refused with a TypeError', () => {
    const kind = fc.constantFrom('c', 'o', 'r').map((letter) => Buffer.from(letter));
    const reply = fc.oneof(
      part,
      fc.array(part, { maxLength: 8 }),
      fc.tuple(fc.nat(), part, kind, part, part, part, part),
    );
    fc.assert(
      fc.property(reply, (said) => {
        let read;
        try {
          read = readCircuitReply(said);
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
          return;
        }
        expect(isToken(read.news.epoch)).toBe(true);
        expect(['closed', 'opened', 'reopened']).toContain(read.news.kind);
        for (const number of [read.verdict, read.news.forMs, read.waitMs]) {
          expect(Number.isFinite(number)).toBe(true);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('what others have shared', () => {
  const codec = new OutcomeCodec(v8Codec, plainErrors);

  it('is the outcome that they told, or none', () => {
    const value = fc.oneof(fc.jsonValue(), fc.string(), fc.uint8Array({ maxLength: 20 }));
    fc.assert(
      fc.property(value, anyDamage, (told, damage) => {
        const bytes = codec.encode({ kind: 'value', value: told }) ?? Buffer.alloc(0);
        const whole = codec.decode(decodeOutcome(encodeOutcome(bytes, ['t'])).payload);
        const arrived = codec.decode(decodeOutcome(damage(encodeOutcome(bytes, ['t']))).payload);
        if (arrived) expect(arrived).toEqual(whole);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is an error or none, whatever is told of it', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (told) => {
        const outcome = codec.decode(Buffer.from(`\u0003${told}`));
        if (outcome?.kind === 'error') expect(outcome.error).toBeInstanceOf(Error);
      }),
    );
  });

  it('is a record of some key or none, whatever has happened to its bytes', () => {
    const record = tierRecordOf('test:k', { etag: '"1"', payload: Buffer.from('body') });
    fc.assert(
      fc.property(fc.oneof(anyBytes, anyDamage), (strange) => {
        const bytes = typeof strange === 'function' ? strange(encodeRecord(record)) : strange;
        const decoded = decodeRecord(bytes);
        if (!decoded) return;
        const { key, freshMs, staleMs, staleIfErrorMs, payload } = decoded;
        expect(typeof key).toBe('string');
        for (const ms of [freshMs, staleMs, staleIfErrorMs]) expect(typeof ms).toBe('number');
        expect(payload.byteLength).toBeLessThan(bytes.length);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each(['null', '5', '[]', '{}', '{"key":1}', '{"key":"k","freshMs":"1"}'])(
    'is no record of which is told %s',
    (facts) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(facts.length);
      expect(decodeRecord(Buffer.concat([length, Buffer.from(facts)]))).toBeUndefined();
    },
  );

  it('is read in time in proportion to its length', () => {
    expectLinear(['{', '}', '[', '"', ':', ',', '"key":', '1', '\\', ' '], (said) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(said.length);
      decodeRecord(Buffer.concat([length, Buffer.from(said)]));
      codec.decode(Buffer.from(`\u0003${said}`));
    });
  });
});
