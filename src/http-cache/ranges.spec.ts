import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { contentRange, rangeOf } from './ranges.js';
import type { Fields } from './fields.js';

const RECEIVED_AT = Date.parse('2026-03-01T12:00:00Z');
const CHANGED = 'Sun, 01 Mar 2026 11:59:58 GMT';
const A_SECOND_LATER = 'Sun, 01 Mar 2026 11:59:59 GMT';

const of = (range: string, length = 10, stored: Fields = [], ...request: string[]) =>
  rangeOf(['Range', range, ...request], { status: 200, fields: stored }, length, RECEIVED_AT);

describe('P1: a range of a whole answer', () => {
  it.each([
    ['bytes=0-1', 0, 1],
    ['bytes=0-0', 0, 0],
    ['bytes=1-', 1, 9],
    ['bytes=9-', 9, 9],
    ['bytes=-1', 9, 9],
    ['bytes=-10', 0, 9],
    ['bytes=-99', 0, 9],
    ['bytes=5-99', 5, 9],
    ['bytes=0-99999999999999999999999', 0, 9],
    ['bytes=000-0001', 0, 1],
    ['Bytes=2-3', 2, 3],
    ['bytes= 2-3 ', 2, 3],
    ['bytes=,2-3, ,', 2, 3],
  ])('%s is satisfied', (range, start, end) => {
    expect(of(range)).toEqual({ start, end });
  });

  it.each(['bytes=10-', 'bytes=10-20', 'bytes=99-100', 'bytes=-0', 'bytes=99999999999999999999-'])(
    '%s is not: 416',
    (range) => {
      expect(of(range)).toBe('unsatisfiable');
    },
  );

  it.each([
    ...['bytes=2-1', 'bytes=0-1,3-4', 'bytes=0-1, 3-4', 'bytes=', 'bytes=-', 'bytes=a-b', 'bytes'],
    ...[
      'bytes=1',
      'bytes=+1-2',
      'bytes=1.0-2',
      'bytes=0 -1',
      'bytes = 0-1',
      'items=0-1',
      '0-1',
      '',
    ],
    ...['bytes=--1', 'bytes=1-2-3', 'bytes=99999999999999999999-99999999999999999998'],
  ])('%j is none that counts: 200', (range) => {
    expect(of(range)).toBeUndefined();
  });

  it('is no range on two lines, nor of what is no 200', () => {
    expect(of('bytes=0-1', 10, [], 'Range', 'bytes=2-3')).toBeUndefined();
    const request = ['Range', 'bytes=0-1'];
    expect(rangeOf(request, { status: 404, fields: [] }, 10, RECEIVED_AT)).toBeUndefined();
    expect(rangeOf([], { status: 200, fields: [] }, 10, RECEIVED_AT)).toBeUndefined();
  });

  it('of nothing cannot be named', () => {
    expect(of('bytes=0-', 0)).toBe('unsatisfiable');
    expect(of('bytes=-0', 0)).toBe('unsatisfiable');
    expect(of('bytes=-5', 0)).toBeUndefined();
  });

  it('is the slice that it says', () => {
    const position = fc.option(fc.nat(30), { nil: undefined });
    fc.assert(
      fc.property(fc.nat(20), position, position, (length, first, last) => {
        const body = Array.from({ length }, (_, at) => at);
        const found = of(`bytes=${first ?? ''}-${last ?? ''}`, length);
        const isRange =
          first === undefined ? last !== undefined : last === undefined || last >= first;
        const slice =
          first === undefined
            ? last
              ? body.slice(-last)
              : []
            : body.slice(first, (last ?? 30) + 1);
        if (!isRange) expect(found).toBeUndefined();
        else if (slice.length > 0) {
          expect(found).toEqual({ start: slice[0], end: slice.at(-1) });
        } else expect(found).toBe(first === undefined && last ? undefined : 'unsatisfiable');
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('P1: a range with If-Range', () => {
  const part = { start: 0, end: 1 };
  const given = (condition: string, ...stored: string[]) =>
    of('bytes=0-1', 10, stored, 'If-Range', condition);

  it('is cut where the condition names the stored answer', () => {
    expect(given('"a"', 'ETag', '"a"')).toEqual(part);
    expect(given(' "a"', 'ETag', '"a" ')).toEqual(part);
    expect(given(CHANGED, 'Last-Modified', CHANGED, 'Date', A_SECOND_LATER)).toEqual(part);
    expect(
      given('Sunday, 01-Mar-26 11:59:58 GMT', 'Last-Modified', CHANGED, 'Date', A_SECOND_LATER),
    ).toEqual(part);
  });

  it.each([
    ['another tag', '"b"', ['ETag', '"a"']],
    ['a weak tag', 'W/"a"', ['ETag', 'W/"a"']],
    ['a tag that was weak', '"a"', ['ETag', 'W/"a"']],
    ['a tag that is none', 'a', ['ETag', 'a']],
    ['a tag, of an answer without', '"a"', []],
    ['a later date', A_SECOND_LATER, ['Last-Modified', CHANGED, 'Date', A_SECOND_LATER]],
    ['a date in the second of the change', CHANGED, ['Last-Modified', CHANGED, 'Date', CHANGED]],
    ['a date, of an answer without Date', CHANGED, ['Last-Modified', CHANGED]],
    ['a date, of an answer without one', CHANGED, ['Date', A_SECOND_LATER]],
    ['an empty one', '', ['ETag', '""']],
  ])('is the whole answer for %s', (_, condition, stored) => {
    expect(given(condition, ...stored)).toBeUndefined();
  });

  it('is no 416 for another answer', () => {
    expect(of('bytes=99-', 10, ['ETag', '"a"'], 'If-Range', '"b"')).toBeUndefined();
    expect(of('bytes=99-', 10, ['ETag', '"a"'], 'If-Range', '"a"')).toBe('unsatisfiable');
  });
});

it('P1: Content-Range names the part, or how long the whole is', () => {
  expect(contentRange({ start: 0, end: 1 }, 10)).toBe('bytes 0-1/10');
  expect(contentRange('unsatisfiable', 10)).toBe('bytes */10');
});
