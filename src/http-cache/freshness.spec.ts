import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { answerControlOf, MAX_DELTA_S, type AnswerControl } from './cache-control.js';
import { freshnessOf, mayBeGuessed, type Heuristic } from './freshness.js';
import { formatHttpDate } from './http-date.js';

const NOW = Date.UTC(2026, 10, 28, 12);
const TENTH: Heuristic = { fraction: 0.1, maxS: 3_600 };

/** The date that is `seconds` from now. */
const at = (seconds: number) => formatHttpDate(NOW + seconds * 1_000);

const controlOf = (cacheControl: string): AnswerControl =>
  answerControlOf(['Cache-Control', cacheControl], [], () => undefined);

/** What a targeted field says. */
const targetedAs = (directives: Record<string, unknown>): AnswerControl =>
  answerControlOf(['T', ''], ['t'], () => new Map(Object.entries(directives)));

interface Case {
  readonly status?: number;
  readonly control?: AnswerControl;
  readonly receivedAt?: number;
  readonly delayMs?: number;
  readonly heuristic?: Heuristic | undefined;
  readonly defaultS?: number;
}

/** The freshness of an answer with these fields, dated now unless they say otherwise. */
function freshness(fields: readonly string[], given: Case = {}) {
  const dated = fields.includes('Date') ? fields : ['Date', at(0), ...fields];
  return freshnessOf(
    { status: given.status ?? 200, fields: dated },
    given.control ?? answerControlOf(dated, [], () => undefined),
    { receivedAt: given.receivedAt ?? NOW, delayMs: given.delayMs ?? 0 },
    'heuristic' in given ? given.heuristic : TENTH,
    given.defaultS,
  );
}

describe('how long an answer is fresh', () => {
  it('F1: is what s-maxage says, else max-age, else Expires, else what is guessed, else nothing', () => {
    const expires = ['Expires', at(30)];
    const changed = ['Last-Modified', at(-400)];
    const control = (value: string) => ['Cache-Control', value];
    expect([
      freshness([...control('max-age=20, s-maxage=10'), ...expires, ...changed]),
      freshness([...control('max-age=20'), ...expires, ...changed]),
      freshness([...control('public'), ...expires, ...changed]),
      freshness(changed),
      freshness([]),
    ]).toEqual([
      { lifetimeS: 10, initialAgeS: 0, by: 's-maxage' },
      { lifetimeS: 20, initialAgeS: 0, by: 'max-age' },
      { lifetimeS: 30, initialAgeS: 0, by: 'expires' },
      { lifetimeS: 40, initialAgeS: 0, by: 'heuristic' },
      { lifetimeS: 0, initialAgeS: 0, by: 'none' },
    ]);
  });

  it.each(['max-age=0', 's-maxage=0', 'max-age=a'])(
    'F1: is nothing by %s, whatever Expires says',
    (control) => {
      expect(freshness(['Cache-Control', control, 'Expires', at(30)]).lifetimeS).toBe(0);
    },
  );

  it('F1: is of a targeted field the first two alone', () => {
    const fields = ['Cache-Control', 'max-age=5', 'Expires', at(30), 'Last-Modified', at(-400)];
    const by = (directives: Record<string, unknown>) =>
      freshness(fields, { control: targetedAs(directives), defaultS: 9 });
    expect(by({ 'max-age': 60 })).toMatchObject({ lifetimeS: 60, by: 'max-age' });
    expect(by({ 'max-age': 60, 's-maxage': 61 })).toMatchObject({ lifetimeS: 61, by: 's-maxage' });
    expect(by({ public: true })).toMatchObject({ lifetimeS: 0, by: 'none' });
  });

  it('F2: is 2^31 seconds at most, whatever names it', () => {
    expect(freshness(['Expires', 'Fri, 31 Dec 9999 23:59:59 GMT']).lifetimeS).toBe(MAX_DELTA_S);
    expect(freshness(['Cache-Control', 'max-age=9999999999']).lifetimeS).toBe(MAX_DELTA_S);
  });

  it.each([
    ['Thursday, 18-Aug-50 02:01:18 GMT', true],
    ['Thu Aug  8 02:01:18 2050', true],
    [' \tThu, 18 Aug 2050 02:01:18 GMT ', true],
    ['0', false],
    ['', false],
    ['Thu, 18 Aug 2050 02:01:18 UTC', false],
    ['Thu, 18 Aug 2050 2:01:18 GMT', false],
  ])(
    'F3: is by Expires what a valid date says, and nothing by an invalid one: %j',
    (date, valid) => {
      const { lifetimeS, by } = freshness(['Expires', date, 'Last-Modified', at(-4_000)]);
      expect([lifetimeS > 0, by]).toEqual([valid, 'expires']);
    },
  );

  it('F3: is by Expires said twice the same, and nothing by two that differ', () => {
    expect(freshness(['Expires', at(30), 'expires', ` ${at(30)}`]).lifetimeS).toBe(30);
    expect(freshness(['Expires', at(30), 'Expires', at(31)]).lifetimeS).toBe(0);
    expect(freshness(['Expires', at(30), 'Expires', at(30), 'Expires', at(31)]).lifetimeS).toBe(0);
    expect(freshness(['Expires', `${at(30)}, ${at(30)}`]).lifetimeS).toBe(0);
  });

  it.each([
    [['Date', at(-10), 'Expires', at(20)], 30],
    [['Date', at(400), 'Expires', at(300)], 0],
    [['Date', at(0), 'Expires', at(0)], 0],
    [['Date', 'foo', 'Expires', at(20)], 20],
    [['Date', at(-10), 'Date', at(-10), 'Expires', at(20)], 20],
  ])(
    'F4: counts Expires from the Date, or from the receipt where that is no date: %j',
    (fields, seconds) => {
      expect(freshness(fields, { receivedAt: NOW + 999 }).lifetimeS).toBe(seconds);
    },
  );

  it('F4: counts from the receipt where there is no Date', () => {
    expect(
      freshnessOf(
        { status: 200, fields: ['Expires', at(20)] },
        controlOf(''),
        { receivedAt: NOW + 1_500, delayMs: 0 },
        undefined,
      ),
    ).toEqual({ lifetimeS: 19, initialAgeS: 0, by: 'expires' });
  });
});

describe('F5: a lifetime is guessed', () => {
  const changed = ['Last-Modified', at(-1_000)];

  it.each([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501])('of status %d', (status) => {
    expect(freshness(changed, { status })).toMatchObject({ lifetimeS: 100, by: 'heuristic' });
    expect(mayBeGuessed(status, controlOf(''))).toBe(true);
  });

  it.each([201, 202, 205, 206, 302, 303, 307, 400, 401, 403, 416, 500, 502, 503, 504, 599])(
    'of status %d only where the answer is public',
    (status) => {
      expect(freshness(changed, { status, defaultS: 9 })).toMatchObject({
        lifetimeS: 0,
        by: 'none',
      });
      expect(freshness([...changed, 'Cache-Control', 'public'], { status })).toMatchObject({
        lifetimeS: 100,
        by: 'heuristic',
      });
    },
  );

  it.each([
    [-10, 1],
    [-19, 1],
    [-9, 0],
    [-36_000, 3_600],
    [-36_010, 3_600],
    [-864_000, 3_600],
    [0, 0],
    [10, 0],
  ])('as a tenth of the time since the last change, at most an hour: %d s', (ago, seconds) => {
    expect(freshness(['Last-Modified', at(ago)])).toMatchObject({
      lifetimeS: seconds,
      by: 'heuristic',
    });
  });

  it('by the rule, which may forbid it', () => {
    expect(freshness(changed, { heuristic: { fraction: 0.5, maxS: 400 } }).lifetimeS).toBe(400);
    expect(freshness(changed, { heuristic: undefined })).toMatchObject({
      lifetimeS: 0,
      by: 'none',
    });
  });

  it.each([
    [['Last-Modified', 'yesterday']],
    [['Last-Modified', at(-1_000), 'Last-Modified', at(-1_000)]],
    [[]],
  ])('by one valid Last-Modified and nothing else: %j', (fields) => {
    expect(freshness(fields)).toMatchObject({ lifetimeS: 0, by: 'none' });
  });

  it('after all else in favour of what the rule has for answers that name nothing', () => {
    expect(freshness([], { defaultS: 2 })).toMatchObject({ lifetimeS: 2, by: 'default' });
    expect(freshness([], { defaultS: 0 })).toMatchObject({ lifetimeS: 0, by: 'default' });
    expect(freshness(changed, { defaultS: 2 }).by).toBe('heuristic');
    expect(freshness(changed, { defaultS: 2, heuristic: undefined }).by).toBe('default');
    expect(freshness(['Cache-Control', 'max-age=0'], { defaultS: 2 }).by).toBe('max-age');
    expect(freshness(['Expires', '0'], { defaultS: 2 }).by).toBe('expires');
    expect(freshness([], { defaultS: 2, status: 500 }).by).toBe('none');
  });
});

describe('how old an answer is on arrival', () => {
  it.each<[string[], number]>([
    [['7200'], 7_200],
    [['0'], 0],
    [['007'], 7],
    [['2147483647'], 2_147_483_647],
    [['2147483648'], MAX_DELTA_S],
    [['2147483649'], MAX_DELTA_S],
    [['7200, 0'], 7_200],
    [['0, 7200'], 0],
    [['7200', '0'], 7_200],
    [['0', '7200'], 0],
    [[' 5 ,x'], 5],
    [['abc'], 0],
    [['-7200'], 0],
    [['7200.0'], 0],
    [['7200;foo=bar'], 0],
    [['abc, 7200'], 0],
    [['abc', '7200'], 0],
    [['', '7200'], 0],
    [[], 0],
  ])('F6: is the first item of the first Age, where that is a number: %j', (lines, seconds) => {
    expect(freshness(lines.flatMap((line) => ['Age', line])).initialAgeS).toBe(seconds);
  });

  it.each([
    [at(-10), 'the Date, if that is long ago', 10],
    [at(10), 'nothing, if the Date is still to come', 0],
    ['foo', 'nothing, if the Date is none', 0],
  ])('F7: is counted from the Date: %s', (date, _, seconds) => {
    expect(freshness(['Date', date]).initialAgeS).toBe(seconds);
  });

  it('F7: is the greater of both accounts, the one by Age having the time of the call on top', () => {
    expect(freshness(['Date', at(-10), 'Age', '25']).initialAgeS).toBe(25);
    expect(freshness(['Date', at(-30), 'Age', '25']).initialAgeS).toBe(30);
    expect(freshness(['Age', '25'], { delayMs: 6_000 }).initialAgeS).toBe(31);
    expect(freshness([], { delayMs: 6_000 }).initialAgeS).toBe(6);
  });

  it('F7: is counted in whole seconds: nothing is born up to a second old', () => {
    expect(freshness([], { receivedAt: NOW + 999, delayMs: 999 }).initialAgeS).toBe(0);
    expect(freshness([], { receivedAt: NOW + 1_000 }).initialAgeS).toBe(1);
    expect(freshness(['Age', '1'], { delayMs: 1_999 }).initialAgeS).toBe(2);
  });

  it('is never negative, and never falls as time goes by', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -90_000, max: 90_000 }),
        fc.nat(9),
        fc.nat(5_000),
        (now, age, more) => {
          const fields = ['Age', String(age)];
          const earlier = freshness(fields, { receivedAt: NOW + now }).initialAgeS;
          const later = freshness(fields, { receivedAt: NOW + now + more }).initialAgeS;
          expect(earlier).toBeGreaterThanOrEqual(age);
          expect(later).toBeGreaterThanOrEqual(earlier);
        },
      ),
    );
  });
});
