import { describe, expect, it } from '@jest/globals';
import { conditionsOf, evaluate, notModifiedFields } from './conditions.js';
import type { Fields } from './fields.js';

const RECEIVED_AT = Date.parse('2026-03-01T12:00:00Z');
const EARLIER = 'Sun, 01 Mar 2026 10:00:00 GMT';
const CHANGED = 'Sun, 01 Mar 2026 11:00:00 GMT';
const LATER = 'Sun, 01 Mar 2026 11:30:00 GMT';
const MADE = 'Sun, 01 Mar 2026 11:59:00 GMT';

/** What a client with these conditions gets of an answer with these fields. */
function gets(request: Fields, stored: Fields, status = 200) {
  const conditions = conditionsOf(request);
  if (conditions === undefined) throw new Error('no conditions');
  return evaluate(conditions, { status, fields: stored }, RECEIVED_AT);
}

describe('V3: a request with If-None-Match', () => {
  const stored = ['ETag', '"abc"', 'Last-Modified', CHANGED];

  it.each([['"abc"'], ['W/"abc"'], ['"x", "abc"'], ['"x"', '"abc"'], ['*'], [' * '], [' "abc"\t']])(
    'gets a 304 where it has the tag: %j',
    (...values) => {
      const request = values.flatMap((value) => ['If-None-Match', value]);
      expect(gets(request, stored)).toBe('not-modified');
    },
  );

  it.each([['"abd"'], [''], ['abc'], ['"*"'], ['"x"', '"y"']])(
    'gets the answer where it has not: %j',
    (...values) => {
      const request = values.flatMap((value) => ['If-None-Match', value]);
      expect(gets(request, stored)).toBe('full');
    },
  );

  it('is answered by that alone, whatever If-Modified-Since says', () => {
    expect(gets(['If-None-Match', '"abc"', 'If-Modified-Since', EARLIER], stored)).toBe(
      'not-modified',
    );
    expect(gets(['If-None-Match', '"x"', 'If-Modified-Since', LATER], stored)).toBe('full');
    expect(gets(['If-None-Match', '', 'If-Modified-Since', LATER], stored)).toBe('full');
  });

  it('matches a malformed tag to the byte, and one that is there at all by *', () => {
    expect(gets(['If-None-Match', 'abcdef'], ['ETag', 'abcdef '])).toBe('not-modified');
    expect(gets(['If-None-Match', '"abcdef"'], ['ETag', 'abcdef'])).toBe('full');
    expect(gets(['If-None-Match', '*'], [])).toBe('not-modified');
    expect(gets(['If-None-Match', '"abc"'], [])).toBe('full');
  });
});

describe('V3: a request with If-Modified-Since', () => {
  it.each([
    ['the same', CHANGED, ['Last-Modified', CHANGED]],
    ['a later date', LATER, ['Last-Modified', CHANGED]],
    [
      'the same in the form of RFC 850',
      'Sunday, 01-Mar-26 11:00:00 GMT',
      ['Last-Modified', CHANGED],
    ],
    ['the same as asctime() has it', 'Sun Mar  1 11:00:00 2026', ['Last-Modified', CHANGED]],
    ['a date not before Date, where it was never changed', MADE, ['Date', MADE]],
    [
      'a date not before Date, where Last-Modified is none',
      MADE,
      ['Last-Modified', '0', 'Date', MADE],
    ],
    ['a date not before it came, where it has none', 'Sun, 01 Mar 2026 12:00:00 GMT', []],
  ])('gets a 304 for %s', (_, date, stored) => {
    expect(gets(['If-Modified-Since', date], stored)).toBe('not-modified');
  });

  it.each([
    ['an earlier date', EARLIER, ['Last-Modified', CHANGED]],
    ['a date before Date, where it was never changed', LATER, ['Date', MADE]],
    ['a date before it came, where it has none', MADE, []],
    ['what is no date', 'yesterday', ['Last-Modified', CHANGED]],
    ['an empty one', '', ['Last-Modified', CHANGED]],
  ])('gets the answer for %s', (_, date, stored) => {
    expect(gets(['If-Modified-Since', date], stored)).toBe('full');
  });

  it('has no condition where it names two dates', () => {
    const request = ['If-Modified-Since', LATER, 'If-Modified-Since', LATER];
    expect(gets(request, ['Last-Modified', CHANGED])).toBe('full');
  });
});

describe('V3: conditions', () => {
  it.each([204, 404, 500])('are not evaluated on a stored %d', (status) => {
    expect(gets(['If-None-Match', '"a"'], ['ETag', '"a"'], status)).toBe('full');
    expect(gets(['If-Modified-Since', LATER], ['Last-Modified', CHANGED], status)).toBe('full');
  });

  it.each(['If-Match', 'If-Unmodified-Since'])('of %s are for the backend', (name) => {
    expect(gets([name, '"a"'], ['ETag', '"a"'])).toBe('forward');
    expect(gets([name, '', 'If-None-Match', '"a"'], ['ETag', '"a"'])).toBe('forward');
  });

  it('are none where no field names one', () => {
    expect(conditionsOf(['Accept', '*/*', 'If-Range', '"a"'])).toBeUndefined();
  });
});

describe('V3: the 304 for a stored answer', () => {
  it('has what caches and clients go by, and nothing of the representation', () => {
    const told = [
      ...['ETag', '"a"', 'Date', MADE, 'EXPIRES', LATER, 'Cache-Control', 'max-age=1', 'Vary', 'a'],
      ...['Vary', 'b', 'Content-Location', '/a', 'CDN-Cache-Control', 'max-age=2'],
    ];
    const other = [
      ...['Content-Type', 'text/plain', 'Content-Length', '7', 'Content-Encoding', 'gzip'],
      ...['Last-Modified', CHANGED, 'Set-Cookie', 'a=b', 'X-A', 'b', 'Age', '7'],
    ];
    expect(notModifiedFields([...other, ...told])).toEqual(told);
  });

  it('has Last-Modified where there is no tag', () => {
    expect(notModifiedFields(['Last-Modified', CHANGED])).toEqual(['Last-Modified', CHANGED]);
  });
});
