import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { answerControlOf } from './cache-control.js';
import { freshnessOf } from './freshness.js';
import { verdictOf } from './storing.js';
import { reducedEncodings, selectingKey, varyNames } from './vary.js';

const lines = (name: string, ...values: string[]) => values.flatMap((value) => [name, value]);

describe('the names of Vary', () => {
  it.each([
    [[], []],
    [[''], []],
    [['Foo'], ['foo']],
    [
      ['Foo, BAR', 'foo,baz'],
      ['bar', 'baz', 'foo'],
    ],
    [[' b ,, a'], ['a', 'b']],
  ])('of the lines %j are in lower case, each once and sorted', (values, names) => {
    expect(varyNames(lines('VARY', ...values))).toEqual(names);
  });

  it.each([
    ['*'],
    ['*, *'],
    ['*', '*'],
    [', *'],
    ['', '*'],
    ['*, foo'],
    ['foo, *'],
    ['foo', 'bar', '*'],
  ])('S5: are a * wherever it stands: %j', (...values) => {
    expect(varyNames(lines('Vary', ...values))).toBe('*');
  });

  it.each(['foo bar', 'foo; bar', '"foo"', 'foo, "a, b"', 'f\u00f6'])(
    'are a * where nobody can compare by one: %s',
    (value) => {
      expect(varyNames(['vary', value])).toBe('*');
    },
  );

  it.each([
    ['foo, *', 'vary-star'],
    ['foo bar', 'vary-star'],
    [Array.from({ length: 33 }, (_, at) => `x-${at}`).join(), 'vary-star'],
    ['foo, bar', undefined],
  ])('S5: keep an answer from being stored where they are a *: %s', (value, because) => {
    const head = { status: 200, fields: ['Vary', value, 'Cache-Control', 'max-age=10'] };
    const control = answerControlOf(head.fields, [], () => undefined);
    const freshness = freshnessOf(head, control, { receivedAt: 0, delayMs: 0 }, undefined);
    const asked = {
      ...{ method: 'GET', authorization: false, cookie: false, range: false },
      uri: 'http://shop.example/',
    };
    const verdict = verdictOf(asked, head, control, freshness, 'guarded');
    expect(verdict).toMatchObject({ store: because === undefined, because });
  });

  it('are a * where there are more than 32', () => {
    const names = Array.from({ length: 33 }, (_, at) => `x-${at}`);
    expect(varyNames(['vary', names.slice(0, 32).join()])).toHaveLength(32);
    expect(varyNames(['vary', names.join()])).toBe('*');
  });
});

/** Whether one variant answers both. */
function sameFor(
  name: string,
  a: readonly string[],
  b: readonly string[],
  trust: 'guarded' | 'rfc' = 'guarded',
) {
  const names = [name.toLowerCase()];
  const of = (values: readonly string[]) => selectingKey(names, lines(name, ...values), trust);
  return of(a) === of(b);
}

describe('K4: selecting values are the same', () => {
  it.each([
    ['Foo', ['1'], ['1']],
    ['Foo', ['1,2'], [' 1, 2 ']],
    ['Foo', ['1, 2'], ['1', '2']],
    ['Foo', ['1,,2,'], ['1,2']],
    ['Foo', ['a="1, 2",b'], ['a="1, 2" , b']],
    ['Cookie', ['a=1'], [' a=1\t']],
    ['Accept-Language', ['en, de'], ['eN, De']],
    ['Accept-Language', ['en, de'], [' en ,   de']],
    ['Accept-Language', ['en;q=1, de;q=0.5'], ['en, de ; q=0.50']],
    ['Accept-Language', ['en;q=1.000'], ['en;Q=1']],
    ['Accept-Encoding', ['gzip, BR'], ['GZIP', 'br']],
    ['Accept-Charset', ['UTF-8;q=0.'], ['utf-8;q=0']],
    ['Accept', ['Text/HTML;Level=1'], ['text/html; level=1;q=1']],
    ['Accept', ['a/b;c="; , d";q=1'], ['a/b; c="; , d"']],
  ])('%s: %j and %j', (name, a, b) => {
    expect(sameFor(name, a, b)).toBe(true);
  });

  it.each([
    ['Foo', ['1'], ['2']],
    ['Foo', [''], []],
    ['Foo', ['a'], ['A']],
    ['Foo', ['1, 2'], ['2, 1']],
    ['Foo', ['a="1, 2"'], ['a="1,2"']],
    ['Foo', ['a="1', '2"'], ['a="1,2"']],
    ['Foo', ['a ;b'], ['a;b']],
    ['Cookie', ['a=1, b'], ['a=1,b']],
    ['User-Agent', ['like, Gecko'], ['like,Gecko']],
    ['Accept-Language', ['en;q=0.5'], ['en']],
    ['Accept-Language', ['en;q=0'], ['de']],
    ['Accept-Language', ['en, de'], ['de, en']],
    ['Accept-Language', ['en, de'], ['fr;q=0.5, de;q=1.0']],
    ['Accept-Language', ['en;q=2'], ['en']],
    ['Accept-Language', ['en;q=1;q=1'], ['en']],
    ['Accept-Language', [';q=1, en'], ['en']],
    ['Accept-Language', ['en;q=1.0001'], ['en']],
    ['Accept', ['a/b;c=D'], ['a/b;c=d']],
    ['Accept', ['a/b;c="D"'], ['a/b;c="d"']],
    ['Accept', ['a/b;q=1;c=d'], ['a/b;c=d']],
    ['Accept', ['a/b;c="; d"'], ['a/b;c=";d"']],
    ['Accept', ['a/b;c=";d'], ['a/b;c="']],
  ])('but not %s: %j and %j', (name, a, b) => {
    expect(sameFor(name, a, b)).toBe(false);
  });

  it('K5: in any order of languages of one weight for rfc alone, and in any order of weights', () => {
    const a = ['en, de;q=0.5, fr;q=0.5, en'];
    for (const b of [['en, en, fr;q=0.5, de;q=0.5'], ['DE;q=0.50, en', 'fr;q=0.5;, en;q=1']]) {
      expect(sameFor('Accept-Language', a, b)).toBe(false);
    }
    expect(sameFor('Accept-Language', a, ['en, en, fr;q=0.5, de;q=0.5'], 'rfc')).toBe(true);
    expect(sameFor('Accept-Language', a, ['DE;q=0.50, en', 'fr;q=0.5, en;q=1'], 'rfc')).toBe(true);
    expect(sameFor('Accept-Language', ['en, de'], ['de, en'], 'rfc')).toBe(true);
    expect(sameFor('Accept-Language', ['en, de;q=0.5'], ['de, en;q=0.5'], 'rfc')).toBe(false);
    expect(sameFor('Accept', ['a/a, b/b'], ['b/b, a/a'], 'rfc')).toBe(false);
  });

  it('only where those of all names are, in whatever order the fields came', () => {
    const names = ['bar', 'baz', 'foo'];
    const key = (...fields: string[]) => selectingKey(names, fields, 'guarded');
    const stored = key('Foo', '1', 'Bar', 'abc');
    expect(key('bar', 'abc', 'Other', 'x', 'foo', '1')).toBe(stored);
    expect(key('Foo', '1', 'Bar', 'abc4')).not.toBe(stored);
    expect(key('Foo', '1', 'Bar', 'abc', 'Baz', '')).not.toBe(stored);
    expect(key('Foo', '1')).not.toBe(stored);
    expect(key('Bar', '1', 'Foo', 'abc')).not.toBe(stored);
    expect(selectingKey([], ['Foo', '1'], 'guarded')).toBe('');
  });

  it('never because the end of one value is taken for the beginning of another', () => {
    const value = fc.option(
      fc.string({ unit: fc.constantFrom('-', ':', '1', '2', ';'), maxLength: 5 }),
      {
        nil: undefined,
      },
    );
    const fieldsOf = (values: readonly (string | undefined)[]) =>
      values.flatMap((text, at) => (text === undefined ? [] : [`f${at}`, text]));
    const pair = fc.tuple(value, value, value);
    fc.assert(
      fc.property(pair, pair, (a, b) => {
        const [one, other] = [a, b].map((of) =>
          selectingKey(['f0', 'f1', 'f2'], fieldsOf(of), 'guarded'),
        );
        expect(one === other).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
      { numRuns: 1_000 },
    );
  });

  it('is an equivalence that writing a value in another allowed way does not leave', () => {
    const weight = fc.constantFrom(
      '',
      ';q=1',
      ';q=1.0',
      ';q=0.5',
      ';q=0',
      ' ; Q=0.500',
      ';q=x',
      ';q=1;q=1',
      ';p="a,B"',
    );
    const item = fc
      .tuple(fc.constantFrom('en', 'DE', '*', 'a/b', '"x, y"', ''), weight)
      .map((parts) => parts.join(''));
    const name = fc.constantFrom('accept', 'accept-language', 'accept-encoding', 'foo');
    const trust = fc.constantFrom('guarded', 'rfc');
    fc.assert(
      fc.property(name, fc.array(item, { minLength: 1 }), trust, (of, items, trusted) => {
        const key = selectingKey([of], lines(of, items.join()), trusted);
        expect(selectingKey([of], lines(of, ...items), trusted)).toBe(key);
        expect(selectingKey([of], lines(of, ` ${items.join(' ,\t')},`), trusted)).toBe(key);
        // Its own normal form.
        const normal = key.slice(key.indexOf(':') + 1);
        expect(selectingKey([of], lines(of, normal), trusted)).toBe(key);
      }),
    );
  });
});

describe('K4: shared calls accept of br, gzip and zstd', () => {
  it.each([
    [undefined, 'identity'],
    ['', 'identity'],
    ['identity', 'identity'],
    ['deflate', 'identity'],
    ['gzip', 'gzip'],
    ['GZip', 'gzip'],
    ['x-gzip', 'gzip'],
    ['gzip, deflate, br, zstd', 'br, gzip, zstd'],
    ['zstd;q=0.1,br;q=1.0 , gzip ; q=0.5', 'br, gzip, zstd'],
    ['*', 'br, gzip, zstd'],
    ['gzip, *;q=0', 'gzip'],
    ['br;q=0, *', 'gzip, zstd'],
    ['gzip;q=0', 'identity'],
    ['gzip;q=0.000, br', 'br'],
    ['gzip, gzip;q=0', 'identity'],
    ['gzip;q=0, x-gzip', 'identity'],
    ['gzip;q=2', 'identity'],
    ['gzip;q=', 'identity'],
    ['identity;q=0', 'identity'],
  ])('what %j accepts: %s', (value, reduced) => {
    expect(reducedEncodings(value)).toBe(reduced);
  });

  it('which leaves eight values, each of which reduces to itself', () => {
    const seen = new Set<string>();
    const coding = fc.constantFrom('br', 'gzip', 'zstd', 'deflate', '*', 'identity', 'x-gzip');
    const item = fc
      .tuple(coding, fc.constantFrom('', ';q=0', ';q=0.3'))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.array(item), (items) => {
        const reduced = reducedEncodings(items.join());
        expect(reducedEncodings(reduced)).toBe(reduced);
        seen.add(reduced);
      }),
      { numRuns: 2_000 },
    );
    expect(seen.size).toBe(8);
  });
});
