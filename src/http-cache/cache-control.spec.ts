import { describe, expect, it } from '@jest/globals';
import {
  answerControlOf,
  deltaSeconds,
  MAX_DELTA_S,
  requestControlOf,
  type AnswerControl,
  type Dictionary,
} from './cache-control.js';

const NOTHING: AnswerControl = {
  targeted: false,
  noStore: false,
  mustUnderstand: false,
  isPublic: false,
  mustRevalidate: false,
  proxyRevalidate: false,
  isPrivate: false,
  privateFields: [],
  noCache: false,
  noCacheFields: [],
  maxAge: undefined,
  sMaxage: undefined,
  staleWhileRevalidate: undefined,
  staleIfError: undefined,
};

const none = () => undefined;

/** What an answer says by these lines of `Cache-Control`. */
const answer = (...lines: string[]) =>
  answerControlOf(
    lines.flatMap((line) => ['Cache-Control', line]),
    [],
    none,
  );

const request = (...lines: string[]) =>
  requestControlOf(lines.flatMap((line) => ['Cache-Control', line]));

describe('delta-seconds', () => {
  it.each([
    ['0', 0],
    ['1', 1],
    ['003600', 3_600],
    ['2147483647', 2_147_483_647],
    ['2147483648', MAX_DELTA_S],
    ['2147483649', MAX_DELTA_S],
    ['99999999999', MAX_DELTA_S],
    ['9'.repeat(500), MAX_DELTA_S],
  ])('F2: are digits, and at most 2^31: %s', (text, seconds) => {
    expect(deltaSeconds(text)).toBe(seconds);
  });

  it.each(['', ' ', '-1', '+1', '1.0', '1e3', '0x10', 'a1', '1a', ' 1', '1 ', "'1'", '१'])(
    'F2: are nothing else: %j',
    (text) => {
      expect(deltaSeconds(text)).toBeUndefined();
    },
  );
});

describe('what an answer says by Cache-Control', () => {
  it.each<[string, Partial<AnswerControl>]>([
    ['', {}],
    ['no-store', { noStore: true }],
    ['must-understand', { mustUnderstand: true }],
    ['public', { isPublic: true }],
    ['must-revalidate', { mustRevalidate: true }],
    ['proxy-revalidate', { proxyRevalidate: true }],
    ['private', { isPrivate: true }],
    ['private="Set-Cookie, X-User"', { privateFields: ['set-cookie', 'x-user'] }],
    ['private=X-User', { privateFields: ['x-user'] }],
    ['no-cache', { noCache: true }],
    ['no-cache="Set-Cookie"', { noCacheFields: ['set-cookie'] }],
    ['no-cache=Set-Cookie', { noCacheFields: ['set-cookie'] }],
    ['max-age=60', { maxAge: 60 }],
    ['s-maxage=60', { sMaxage: 60 }],
    ['stale-while-revalidate=60', { staleWhileRevalidate: 60 }],
    ['stale-if-error=60', { staleIfError: 60 }],
    ['immutable, foo, bar="no-store", x=private', {}],
  ])('reads %j', (line, expected) => {
    expect(answer(line)).toEqual({ ...NOTHING, ...expected });
  });

  it('C2: takes names in whatever case', () => {
    expect(answer('NO-store, MaX-aGe=3600, PRIVATE="A"')).toEqual({
      ...NOTHING,
      noStore: true,
      maxAge: 3_600,
      privateFields: ['a'],
    });
  });

  it('C2: takes a value with and without quotes', () => {
    expect(answer('max-age="3600"').maxAge).toBe(3_600);
    expect(answer(String.raw`max-age="3\600"`).maxAge).toBe(3_600);
    expect(answer('no-cache="a" , private="b"')).toMatchObject({
      noCacheFields: ['a'],
      privateFields: ['b'],
    });
  });

  it.each([
    'extension="max-age=3600", max-age=1',
    'max-age=1, extension="max-age=3600"',
    'max-age=1, extension="a, private, no-store"',
    String.raw`max-age=1, extension="\", private, no-store"`,
  ])('C2: sees nothing inside quotes: %s', (line) => {
    expect(answer(line)).toEqual({ ...NOTHING, maxAge: 1 });
  });

  it.each([
    "max-age='3600'",
    'max-age=3600.0',
    'max-age=3600.5',
    'max-age=a1',
    'max-age=1a',
    'max-age=-3600',
    'max-age =3600',
    'max-age= 3600',
    'max-age',
    'max-age=',
    'max-age="3600',
    'max-age=1 2',
    'max-age=60; public',
  ])('C2: takes a lifetime that is malformed as none: %s', (line) => {
    expect(answer(line)).toEqual({ ...NOTHING, maxAge: 0 });
    const renamed = (name: string) => answer(line.replace('max-age', name));
    expect(renamed('s-maxage').sMaxage).toBe(0);
    expect(renamed('stale-while-revalidate').staleWhileRevalidate).toBe(0);
    expect(renamed('stale-if-error').staleIfError).toBe(0);
  });

  it.each<[string[], number]>([
    [['max-age=60, max-age=60'], 60],
    [['max-age=60', 'max-age="060"'], 60],
    [['max-age=1800, max-age=1'], 0],
    [['max-age=1', 'max-age=1800'], 0],
    [['max-age=60, max-age=60, max-age=61'], 0],
    [['max-age=60, max-age=a'], 0],
  ])(
    'C2: takes a lifetime said twice where it is the same, and as none otherwise: %j',
    (lines, seconds) => {
      expect(answer(...lines).maxAge).toBe(seconds);
    },
  );

  it.each<[string, Partial<AnswerControl>]>([
    ['private="a", private', { isPrivate: true }],
    ['private, private="a"', { isPrivate: true }],
    ['private="a", private="b,A"', { privateFields: ['a', 'b'] }],
    ['no-cache, no-cache="a"', { noCache: true }],
    ['no-cache="a", no-cache="b"', { noCacheFields: ['a', 'b'] }],
    ['public, private', { isPublic: true, isPrivate: true }],
    ['max-age=60, no-store', { maxAge: 60, noStore: true }],
  ])('C3: keeps the most restrictive of what conflicts: %s', (line, expected) => {
    expect(answer(line)).toEqual({ ...NOTHING, ...expected });
  });

  it.each(['private=""', 'private=" , "', 'private="a b"', 'private="a;b, c"', 'private="c, a@b"'])(
    'means the whole where no field is named: %s',
    (line) => {
      expect(answer(line)).toEqual({ ...NOTHING, isPrivate: true });
      expect(answer(line.replace('private', 'no-cache'))).toEqual({ ...NOTHING, noCache: true });
    },
  );

  it.each<[string, Partial<AnswerControl>]>([
    ['max-age=60; private', { maxAge: 0, isPrivate: true }],
    ['public; max-age=60', { maxAge: 0 }],
    ['private;', { isPrivate: true }],
    ['no-store=', { noStore: true }],
    ['no-store="a', { noStore: true }],
    ['no-store=a', { noStore: true }],
    ['No-Cache = "a"', { noCache: true }],
    ['must-revalidate proxy-revalidate', { mustRevalidate: true, proxyRevalidate: true }],
    ['public=a, must-understand=a, public=, must-understand;', {}],
    ['x-private; private2; no_store; no-cachet', {}],
  ])('forbids by what is malformed, and allows nothing by it: %s', (line, expected) => {
    expect(answer(line)).toEqual({ ...NOTHING, ...expected });
  });

  it('is all lines together, and nothing but those', () => {
    expect(
      answerControlOf(
        ['cache-control', 'max-age=1', 'X-Cache-Control', 'no-store', 'CACHE-CONTROL', 'public'],
        [],
        none,
      ),
    ).toEqual({ ...NOTHING, maxAge: 1, isPublic: true });
  });
});

describe('what an answer says by a targeted field', () => {
  const TARGETS = ['breakwater-cache-control', 'cdn-cache-control'];

  /** Reads what the specs write, in place of a reader of structured fields. */
  const dictionaryOf = (value: string): Dictionary | undefined =>
    value === 'invalid'
      ? undefined
      : new Map<string, unknown>(Object.entries(JSON.parse(value) as object));

  const targeted = (...dictionaries: (Record<string, unknown> | 'invalid' | undefined)[]) =>
    answerControlOf(
      [
        ...['Cache-Control', 'no-store, max-age=5'],
        ...dictionaries.flatMap((dictionary, at) =>
          dictionary === undefined
            ? []
            : [
                TARGETS[at]!.toUpperCase(),
                dictionary === 'invalid' ? dictionary : JSON.stringify(dictionary),
              ],
        ),
      ],
      TARGETS,
      dictionaryOf,
    );

  const UNTARGETED = { ...NOTHING, noStore: true, maxAge: 5 };

  it.each<[Record<string, unknown>, Partial<AnswerControl>]>([
    [{ 'max-age': 60 }, { maxAge: 60 }],
    [{ 'max-age': 0 }, { maxAge: 0 }],
    [{ 'max-age': -1 }, { maxAge: 0 }],
    [{ 'max-age': 99_999_999_999 }, { maxAge: MAX_DELTA_S }],
    [{ 's-maxage': 60 }, { sMaxage: 60 }],
    [
      { 'stale-while-revalidate': 1, 'stale-if-error': 2 },
      { staleWhileRevalidate: 1, staleIfError: 2 },
    ],
    [{ 'no-store': true }, { noStore: true }],
    [{ 'no-store': false }, {}],
    [
      { public: true, 'must-understand': true },
      { isPublic: true, mustUnderstand: true },
    ],
    [
      { 'must-revalidate': true, 'proxy-revalidate': true },
      { mustRevalidate: true, proxyRevalidate: true },
    ],
    [{ private: true }, { isPrivate: true }],
    [{ private: 'A, b' }, { privateFields: ['a', 'b'] }],
    [{ 'no-cache': true }, { noCache: true }],
    [{ 'no-cache': 'a' }, { noCacheFields: ['a'] }],
    [{ 'no-cache': false, private: false }, {}],
    [{ foobar: true, other: [1], 'max-age': 60 }, { maxAge: 60 }],
    [{ foobar: true }, {}],
    [{ 'MAX-AGE': 60 }, {}],
  ])('C1: replaces Cache-Control: %j', (dictionary, expected) => {
    expect(targeted(undefined, dictionary)).toEqual({ ...NOTHING, targeted: true, ...expected });
  });

  it.each<[Record<string, unknown> | 'invalid' | undefined]>([
    [undefined],
    ['invalid'],
    [{}],
    [{ 'max-age': '10000' }],
    [{ 'max-age': 1.5 }],
    [{ 'max-age': true }],
    [{ 'max-age': false }],
    [{ 's-maxage': '1' }],
    [{ 'stale-while-revalidate': true }],
    [{ 'stale-if-error': 'a' }],
    [{ 'no-store': 'a' }],
    [{ public: 1 }],
    [{ 'must-understand': 1 }],
    [{ 'must-revalidate': 1 }],
    [{ 'proxy-revalidate': '' }],
    [{ private: 1 }],
    [{ 'no-cache': ['a'] }],
    [{ 'max-age': 60, 'no-store': 1 }],
  ])('C1: is absent where it is empty, invalid or of the wrong types: %j', (dictionary) => {
    expect(targeted(undefined, dictionary)).toEqual(UNTARGETED);
  });

  it('C1: is the first of the list that is valid', () => {
    expect(targeted({ 'max-age': 1 }, { 'max-age': 2 }).maxAge).toBe(1);
    expect(targeted({}, { 'max-age': 2 }).maxAge).toBe(2);
    expect(targeted('invalid', { 'max-age': 2 }).maxAge).toBe(2);
    expect(targeted({ 'max-age': 1 }, 'invalid').maxAge).toBe(1);
  });

  it('C1: is read of all its lines, and no other field is read', () => {
    const read: string[] = [];
    const control = answerControlOf(
      ['CDN-Cache-Control', 'a', 'Surrogate-Control', 'x', 'cdn-cache-control', 'b'],
      TARGETS,
      (value) => {
        read.push(value);
        return new Map([['public', true]]);
      },
    );
    expect(read).toEqual(['a, b']);
    expect(control).toEqual({ ...NOTHING, targeted: true, isPublic: true });
  });
});

describe('what a request says', () => {
  const NO_WISH = {
    noCache: false,
    noStore: false,
    onlyIfCached: false,
    maxAge: undefined,
    minFresh: undefined,
    maxStale: undefined,
  };

  it.each([
    ['', {}],
    ['no-cache', { noCache: true }],
    ['no-store', { noStore: true }],
    ['only-if-cached', { onlyIfCached: true }],
    ['MAX-age=60', { maxAge: 60 }],
    ['max-age=a', { maxAge: 0 }],
    ['max-age=5, max-age=6', { maxAge: 0 }],
    ['min-fresh=60', { minFresh: 60 }],
    ['min-fresh="60"', { minFresh: 60 }],
    ['min-fresh=60, min-fresh=61, min-fresh=1', { minFresh: 61 }],
    ['min-fresh=a', { minFresh: 0 }],
    ['min-fresh', { minFresh: 0 }],
    ['max-stale', { maxStale: Infinity }],
    ['max-stale=60', { maxStale: 60 }],
    ['max-stale, max-stale=60', { maxStale: 60 }],
    ['max-stale=60, max-stale=61', { maxStale: 0 }],
    ['max-stale=a', { maxStale: 0 }],
    ['max-stale=', { maxStale: 0 }],
    ['foo, bar=1', {}],
  ])('reads %j', (line, expected) => {
    expect(request(line)).toEqual({ ...NO_WISH, ...expected });
  });

  it.each([
    [['Pragma', 'no-cache'], true],
    [['pragma', 'foo, No-Cache'], true],
    [['Pragma', 'foo'], false],
    [['Pragma', 'no-cache', 'Cache-Control', 'max-age=60'], false],
    [['Pragma', 'no-cache', 'Cache-Control', ''], false],
    [[], false],
  ])('takes Pragma: no-cache where there is no Cache-Control: %j', (fields, noCache) => {
    expect(requestControlOf(fields).noCache).toBe(noCache);
  });
});
