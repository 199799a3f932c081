import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { frameCodec } from '../caching/index.js';
import { ManualClock } from '../ground/manual-clock.js';
import { gatewayCodec } from './answer-codec.js';
import { GatewayAnswer, Variants } from './answer.js';
import type { AnswerFacts } from './answer.js';
import { ReplayBody } from './replay-body.js';

const FACTS: AnswerFacts = {
  lifetimeS: 60,
  initialAgeS: 3,
  staleS: 90,
  staleIfErrorS: 0,
  noCache: false,
  forbidsStale: true,
  isForAuthorized: false,
  receivedAt: 1_767_225_600_000,
  omitted: ['x-once'],
};
const FIELDS = ['ETag', 'W/"1"', 'Via', 'a', 'via', 'b', 'X-Latin', '\u00fc\u00ff'];

const answerOf = (body: ReplayBody): GatewayAnswer =>
  new GatewayAnswer(203, 'As It Were', FIELDS, body, FACTS);
const answer = answerOf(ReplayBody.of(Buffer.from('body')));
const variants = new Variants({
  lists: [['accept-encoding', 'accept-language'], ['cookie']],
  variants: [
    { id: 'accept-encoding,accept-language gzip\nde', at: 1, etag: '"1"' },
    { id: 'cookie a', at: 2 },
  ],
});

function arriving(length?: number): ReplayBody {
  const clock = new ManualClock();
  return new ReplayBody({
    ...{ length, maxMemoryBytes: 8, wanted: true, slowReaderMs: 1_000 },
    ...{ clock, scheduler: clock },
  });
}

const headOf = (value: unknown): Record<string, unknown> => {
  const { head } = raw.decode(gatewayCodec.encode(value)) as { head: Record<string, unknown> };
  return head;
};
/** Writes and reads any head, as a stranger or another release would. */
const raw = frameCodec<{ head: unknown; body: Buffer }>(
  (value) => value,
  (head, body) => ({ head, body }),
);

describe('an answer in the tiers below', () => {
  it('comes back with its status, fields, facts and body', () => {
    const back = gatewayCodec.decode(gatewayCodec.encode(answer)) as GatewayAnswer;
    expect(back).toBeInstanceOf(GatewayAnswer);
    expect([back.status, back.reason, back.fields, back.facts]).toEqual([
      ...[203, 'As It Were', FIELDS, FACTS],
    ]);
    expect(back.body.whole).toEqual(Buffer.from('body'));
    expect([back.body.length, back.body.isJoinable]).toEqual([4, true]);
  });

  it('comes back whatever its fields and its body are', () => {
    const field = fc.string({ unit: 'binary' });
    const fields = fc.array(fc.tuple(field, field)).map((lines) => lines.flat());
    fc.assert(
      fc.property(fields, fc.uint8Array(), (lines, bytes) => {
        const body = ReplayBody.of(Buffer.from(bytes));
        const given = new GatewayAnswer(200, '', lines, body, FACTS);
        const back = gatewayCodec.decode(gatewayCodec.encode(given)) as GatewayAnswer;
        expect(back.fields).toEqual(lines);
        expect(back.body.whole).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it('has its body as a view of what the tier has given', () => {
    const encoded = gatewayCodec.encode(answer);
    const { body } = gatewayCodec.decode(encoded) as GatewayAnswer;
    expect(body.whole?.buffer).toBe(encoded.buffer);
  });

  it('was never renewed there, and names no length but that of its body', () => {
    const body = ReplayBody.of(Buffer.from('body'));
    const renewed = answerOf(body).renewed(FIELDS, FACTS);
    const back = gatewayCodec.decode(gatewayCodec.encode(renewed)) as GatewayAnswer;
    expect([back.isRenewed, back.headLength]).toEqual([false, undefined]);
  });

  it('is refused until it is whole', () => {
    const body = arriving(8);
    body.push(Buffer.from('half'));
    expect(() => gatewayCodec.encode(answerOf(body))).toThrow('not whole');
    body.push(Buffer.from('rest'));
    body.end();
    const back = gatewayCodec.decode(gatewayCodec.encode(answerOf(body))) as GatewayAnswer;
    expect(back.body.whole).toEqual(Buffer.from('halfrest'));
  });

  it('is refused where it has broken off', () => {
    const body = arriving();
    body.push(Buffer.from('half'));
    body.fail(new Error('reset'));
    expect(() => gatewayCodec.encode(answerOf(body))).toThrow('not whole');
  });

  it('is refused where it was more than memory holds', async () => {
    const body = arriving();
    body.push(Buffer.from('more than'));
    body.push(Buffer.from(' eight bytes'));
    body.end();
    await expect(body.completed).resolves.toBe(21);
    expect(() => gatewayCodec.encode(answerOf(body))).toThrow('not in memory');
  });
});

describe('variants in the tiers below', () => {
  it('come back as they were', () => {
    const back = gatewayCodec.decode(gatewayCodec.encode(variants));
    expect(back).toBeInstanceOf(Variants);
    expect(back).toEqual(variants);
  });
});

describe('bytes that are of neither', () => {
  const heads: [string, unknown, string?][] = [
    ['nothing', null],
    ['a text', 'answer'],
    ['a list', []],
    ['another kind', { ...headOf(answer), kind: 'answer-2' }],
    ['no kind', {}],
    ['variants with a body', headOf(variants), 'body'],
    ['variants without an index', { kind: 'variants' }],
    ['lists that are none', { kind: 'variants', index: { lists: ['a'], variants: [] } }],
    ['names that are none', { kind: 'variants', index: { lists: [[1]], variants: [] } }],
    ...[{}, { id: 1, at: 1 }, { id: 'a', at: null }, { id: 'a', at: 1, etag: 1 }, null].map(
      (variant): [string, unknown] => [
        `a variant such as ${JSON.stringify(variant)}`,
        { kind: 'variants', index: { lists: [], variants: [variant] } },
      ],
    ),
    ...Object.entries({
      status: ['200', 20.5, null],
      reason: [null, 1],
      fields: [null, 'ETag', ['ETag'], ['ETag', 1]],
      facts: [null, [], {}],
    }).flatMap(([name, values]) =>
      values.map((value): [string, unknown] => [
        `a ${name} such as ${JSON.stringify(value)}`,
        { ...headOf(answer), [name]: value },
      ]),
    ),
    ...Object.keys(FACTS).map((name): [string, unknown] => [
      `facts without ${name}`,
      { ...headOf(answer), facts: { ...FACTS, [name]: null } },
    ]),
    [
      'a reason for not being kept that is none',
      { ...headOf(answer), facts: { ...FACTS, notStored: 1 } },
    ],
  ];

  it.each(heads)('are refused: %s', (_what, head, body = '') => {
    const bytes = raw.encode({ head, body: Buffer.from(body) });
    expect(() => gatewayCodec.decode(bytes)).toThrow('neither an answer nor variants');
  });

  it('are refused where V8 has written them, or nobody has', () => {
    expect(() => gatewayCodec.decode(Buffer.from([0xff, 0x0f, 0x6f]))).toThrow();
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(() => gatewayCodec.decode(bytes)).toThrow();
      }),
    );
  });
});
