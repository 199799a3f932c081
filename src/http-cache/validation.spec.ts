import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { linesOf } from './fields.js';
import type { Fields } from './fields.js';
import { headTells, updated, validatedBy, validationFields, validatorsOf } from './validation.js';
import type { Validators } from './validation.js';

const CHANGED = 'Sun, 01 Mar 2026 11:00:00 GMT';
const LATER = 'Sun, 01 Mar 2026 11:30:00 GMT';
const NOW = Date.parse('2026-03-01T12:00:00Z');
const NOW_TEXT = 'Sun, 01 Mar 2026 12:00:00 GMT';

const tagged = (etag: string): Validators => ({ etag, lastModified: undefined });
const dated = (lastModified: string): Validators => ({ etag: undefined, lastModified });
const none: Validators = { etag: undefined, lastModified: undefined };

describe('validators', () => {
  it('are those of an answer that brings something', () => {
    const fields = ['ETag', ' "a"', 'Last-Modified', CHANGED];
    const validators = { etag: '"a"', lastModified: CHANGED };
    expect(validatorsOf({ status: 200, fields })).toEqual(validators);
    expect(validatorsOf({ status: 299, fields })).toEqual(validators);
    expect(validatorsOf({ status: 200, fields: [] })).toEqual(none);
    for (const status of [199, 300, 404]) expect(validatorsOf({ status, fields })).toEqual(none);
  });
});

describe('V1: the backend is asked', () => {
  it.each<[string, readonly Validators[], readonly string[]]>([
    ['by the tag', [tagged('"a"')], ['If-None-Match', '"a"']],
    ['by a weak tag', [tagged('W/"a"')], ['If-None-Match', 'W/"a"']],
    ['by the date to the byte', [dated('sun, 1 Mar')], ['If-Modified-Since', 'sun, 1 Mar']],
    [
      'by both',
      [{ etag: '"a"', lastModified: CHANGED }],
      ['If-None-Match', '"a"', 'If-Modified-Since', CHANGED],
    ],
    [
      'by the tags of all variants, each once',
      [tagged('"a"'), none, tagged('W/"b"'), tagged('"a"')],
      ['If-None-Match', '"a", W/"b"'],
    ],
    [
      'by the date of the first alone',
      [tagged('"a"'), { etag: '"b"', lastModified: CHANGED }],
      ['If-None-Match', '"a", "b"'],
    ],
    ['by what is no tag, alone', [tagged('abc'), tagged('"b"')], ['If-None-Match', 'abc']],
    ['not by what is no tag, of another', [tagged('"a"'), tagged('b')], ['If-None-Match', '"a"']],
    ['not by what would match anything', [tagged('*')], []],
    ['not by what would be a list', [tagged('a, "b"')], []],
    ['by nothing where there is nothing', [none], []],
    ['by nothing where nothing is stored', [], []],
  ])('%s', (_, asked, fields) => {
    expect(validationFields(asked)).toEqual(fields);
  });

  it('by eight tags at most, which a head has room for', () => {
    const many = Array.from({ length: 9 }, (_, at) => tagged(`"${at}"`));
    const [, tags] = validationFields(many);
    expect(tags?.split(', ')).toEqual(['"0"', '"1"', '"2"', '"3"', '"4"', '"5"', '"6"', '"7"']);
    const long = `"${'x'.repeat(4_000)}"`;
    expect(validationFields([tagged(long), tagged(`"${'y'.repeat(200)}"`)])[1]).toBe(long);
  });
});

describe('V2: a 304 means', () => {
  it.each<[string, Fields, readonly Validators[], number]>([
    ['the one with its tag', ['ETag', '"a"'], [tagged('"a"')], 0],
    ['another variant, by its tag', ['ETag', '"b"'], [tagged('"a"'), tagged('"b"')], 1],
    ['the one with its weak tag', ['ETag', 'W/"a"'], [tagged('W/"a"')], 0],
    ['by a weak tag one with a strong one', ['ETag', 'W/"b"'], [tagged('"a"'), tagged('"b"')], 1],
    ['the one with its malformed tag', ['ETag', 'abc'], [tagged('abc')], 0],
    ['the one with its date', ['Last-Modified', CHANGED], [dated(CHANGED)], 0],
    ['by the tag, whatever the date', ['ETag', '"a"', 'Last-Modified', LATER], [tagged('"a"')], 0],
    ['the only one, where it names nothing', ['X-A', 'b'], [tagged('"a"')], 0],
  ])('%s', (_, fields, asked, at) => {
    expect(validatedBy(fields, asked)).toBe(at);
  });

  it.each<[string, Fields, readonly Validators[]]>([
    ['its strong tag is of nobody', ['ETag', '"c"'], [tagged('"a"'), tagged('"b"')]],
    ['its strong tag was a weak one', ['ETag', '"a"'], [tagged('W/"a"')]],
    ['its weak tag is of nobody', ['ETag', 'W/"c"'], [tagged('W/"a"')]],
    [
      'its tag is of nobody, though its date is',
      ['ETag', '"c"', 'Last-Modified', CHANGED],
      [{ etag: '"a"', lastModified: CHANGED }],
    ],
    ['it has a tag and those asked for have none', ['ETag', '"a"'], [dated(CHANGED)]],
    ['its date is of nobody', ['Last-Modified', LATER], [dated(CHANGED)]],
    ['it names nothing, and several were asked for', [], [tagged('"a"'), tagged('"b"')]],
    ['nobody was asked for', ['ETag', '"a"'], []],
    ['nobody was asked for, and it names nothing', [], []],
  ])('nothing where %s', (_, fields, asked) => {
    expect(validatedBy(fields, asked)).toBeUndefined();
  });
});

describe('U1: a stored answer after a 304', () => {
  const update = (stored: Fields, news: Fields, trust: 'guarded' | 'rfc' = 'guarded') =>
    updated(stored, news, trust, NOW);

  it('has what the 304 names in place of what it had, and keeps the rest', () => {
    const stored = ['X-A', 'old', 'x-b', 'kept', 'x-a', 'older', 'Date', CHANGED];
    expect(update(stored, ['X-a', 'new', 'X-A', 'newer', 'Date', LATER, 'X-C', 'c'])).toEqual([
      'x-b',
      'kept',
      'X-a',
      'new',
      'X-A',
      'newer',
      'Date',
      LATER,
      'X-C',
      'c',
    ]);
  });

  it.each([
    ['Origin, Accept-Encoding', 'Origin', 'Origin, Accept-Encoding'],
    ['Accept-Encoding', 'Origin, Accept', 'Accept-Encoding, Origin, Accept'],
    ['accept-encoding', 'Origin, Accept-Encoding', 'Origin, Accept-Encoding'],
    ['Origin', 'Accept', 'Origin, Accept'],
    ['Origin', 'origin, *', 'origin, *'],
    ['Accept', 'Origin, *', 'Accept, Origin, *'],
  ])('that was selected by %s, and is confirmed with %s, varies by %s', (before, now, after) => {
    for (const trust of ['guarded', 'rfc'] as const) {
      const fields = update(['Vary', before, 'Date', LATER], ['Vary', now, 'Date', LATER], trust);
      expect([linesOf(fields, 'vary'), linesOf(fields, 'date')]).toEqual([[after], [LATER]]);
    }
  });

  it('varies by what the 304 names where it did not vary, and as before where that names nothing', () => {
    expect(update(['Date', LATER], ['Vary', 'A', 'Date', LATER])).toContain('A');
    expect(linesOf(update(['Vary', 'A', 'Vary', 'B'], ['Date', LATER]), 'vary')).toEqual([
      'A',
      'B',
    ]);
  });

  it.each([
    ...['Cache-Control', 'Content-Foo', 'Content-Location', 'Content-MD5', 'Content-Type'],
    ...['Content-Security-Policy', 'ETag', 'Expires', 'Set-Cookie2', 'Last-Modified'],
  ])('has a new %s', (name) => {
    expect(update([name, 'old', 'Date', LATER], [name, 'new', 'Date', LATER])).toEqual([
      name,
      'new',
      'Date',
      LATER,
    ]);
  });

  it.each(['Content-Length', 'Content-Encoding', 'Content-Range'])(
    'keeps its %s, since it keeps its bytes, and gets none',
    (name) => {
      expect(update([name, 'old', 'Date', LATER], [name, 'new', 'Date', LATER])).toEqual([
        name,
        'old',
        'Date',
        LATER,
      ]);
      expect(update([], [name, 'new', 'Date', LATER])).toEqual(['Date', LATER]);
    },
  );

  it('has the cookies of the 304 for rfc alone', () => {
    const stored = ['Set-Cookie', 'a=1', 'Date', LATER];
    const news = ['Set-Cookie', 'a=2', 'Date', LATER];
    expect(update(stored, news)).toEqual(stored);
    expect(update(stored, news, 'rfc')).toEqual(news);
  });

  it('gets nothing of the connection, nor what Connection nominates', () => {
    const news = ['Connection', 'X-Hop', 'X-Hop', '1', 'Keep-Alive', 'timeout=5', 'Date', LATER];
    expect(update(['X-Hop', '0'], news)).toEqual(['X-Hop', '0', 'Date', LATER]);
  });

  it('is as old as the 304 says, and was made when it came where that says nothing', () => {
    const stored = ['Age', '500', 'Date', CHANGED];
    expect(update(stored, ['Age', '7', 'Date', LATER])).toEqual(['Age', '7', 'Date', LATER]);
    expect(update(stored, [])).toEqual(['Date', NOW_TEXT]);
  });

  it('is the same after the same 304 again', () => {
    const name = fc.constantFrom(
      ...[
        'Age',
        'Date',
        'ETag',
        'etag',
        'X-A',
        'x-a',
        'Set-Cookie',
        'Content-Length',
        'Connection',
      ],
    );
    const fields = fc
      .array(fc.tuple(name, fc.constantFrom('a', 'b', 'x-a')))
      .map((lines) => lines.flat());
    fc.assert(
      fc.property(fields, fields, fc.constantFrom('guarded', 'rfc'), (stored, news, trust) => {
        const once = update(stored, news, trust);
        expect(update(once, news, trust)).toEqual(once);
      }),
    );
  });
});

describe('U3: the 200 of a HEAD', () => {
  const stored = ['ETag', '"a"', 'Last-Modified', CHANGED];
  const tells = (fields: Fields, trust: 'guarded' | 'rfc' = 'guarded') =>
    headTells(stored, 10, fields, trust);

  it.each([
    [['ETag', '"a"']],
    [['Last-Modified', CHANGED]],
    [['Content-Length', '10']],
    [['ETag', '"a"', 'Last-Modified', CHANGED, 'Content-Length', '10']],
  ])('freshens a stored GET with the same validators: %j', (fields) => {
    expect(tells(fields)).toBe('freshens');
    expect(tells(fields, 'rfc')).toBe('freshens');
  });

  it.each([
    [['ETag', '"b"']],
    [['ETag', 'W/"a"']],
    [['Last-Modified', LATER]],
    [['Content-Length', '11']],
    [['ETag', '"a"', 'Last-Modified', CHANGED, 'Content-Length', '0']],
    [['ETag', '"b"', 'Last-Modified', CHANGED]],
  ])('outdates one with others: %j', (fields) => {
    expect(tells(fields)).toBe('outdates');
    expect(tells(fields, 'rfc')).toBe('outdates');
  });

  it('outdates one that has none of what it names', () => {
    expect(headTells([], 10, ['ETag', '"a"'], 'guarded')).toBe('outdates');
  });

  it('freshens for rfc alone where it names nothing to compare', () => {
    expect(tells(['Cache-Control', 'max-age=1'])).toBe('nothing');
    expect(tells(['Cache-Control', 'max-age=1'], 'rfc')).toBe('freshens');
  });
});
