import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FieldNames, endToEnd, itemsOf, linesOf, trimmed, valueOf, without } from './fields.js';

const FIELDS = ['Accept', 'a', 'X-B', 'b', 'ACCEPT', 'c', 'accepted', 'd'];

describe('fields as received', () => {
  it('are found by name whatever its case, line by line and in order', () => {
    expect(linesOf(FIELDS, 'accept')).toEqual(['a', 'c']);
    expect(linesOf(FIELDS, 'x-b')).toEqual(['b']);
    expect(linesOf(FIELDS, 'b')).toEqual([]);
    expect(linesOf([], 'accept')).toEqual([]);
  });

  it('have one value, which is all lines joined; absent is not empty', () => {
    expect(valueOf(FIELDS, 'accept')).toBe('a, c');
    expect(valueOf(['X', ''], 'x')).toBe('');
    expect(valueOf(FIELDS, 'x')).toBeUndefined();
  });

  it('can be left out by name', () => {
    expect(without(FIELDS, new Set(['accept', 'nobody']))).toEqual(['X-B', 'b', 'accepted', 'd']);
    expect(without(FIELDS, new Set())).toEqual(FIELDS);
  });

  it('can be left out by names that were prepared, as by those of a set', () => {
    const name = fc.constantFrom('a', 'ab', 'cd', 'Ab', 'CD', 'x-long', 'X-LONG', '');
    fc.assert(
      fc.property(fc.array(name), fc.array(name), fc.array(name), (received, some, others) => {
        const fields = received.flatMap((each, at) => [each, String(at)]);
        const lower = [...some, ...others].map((each) => each.toLowerCase());
        const prepared = new FieldNames(some.map((each) => each.toLowerCase())).and(
          others.map((each) => each.toLowerCase()),
        );
        expect(without(fields, prepared)).toEqual(without(fields, new Set(lower)));
      }),
    );
  });
});

describe('the items of a list', () => {
  const items = (...lines: string[]) =>
    itemsOf(
      lines.flatMap((line) => ['L', line]),
      'l',
    );

  it.each([
    [['a, b,c'], ['a', 'b', 'c']],
    [['a'], ['a']],
    [
      ['a', 'b , c'],
      ['a', 'b', 'c'],
    ],
    [[' \ta\t ,, \t,'], ['a']],
    [['', ','], []],
    [['a="1, 2", b'], ['a="1, 2"', 'b']],
    [[String.raw`a="1\", 2", b`], [String.raw`a="1\", 2"`, 'b']],
    [[String.raw`a="1\\", 2`], [String.raw`a="1\\"`, '2']],
    [['"a","b"'], ['"a"', '"b"']],
    [['\u00a0a'], ['\u00a0a']],
  ])('are parted by commas, but not within quotes: %j', (lines, expected) => {
    expect(items(...lines)).toEqual(expected);
  });

  it.each([
    [['a="1, b'], ['a="1', 'b']],
    [['a="x", b="1, c'], ['a="x"', 'b="1', 'c']],
    [[String.raw`"\", a, b`], [String.raw`"\"`, 'a', 'b']],
    [
      ['a="1', 'b'],
      ['a="1', 'b'],
    ],
    [['"a, "b, c'], ['"a, "b', 'c']],
  ])('are not hidden by a quote that nobody closes: %j', (lines, expected) => {
    expect(items(...lines)).toEqual(expected);
  });

  it('are read in one pass however many quotes are open', () => {
    const line = '"' + String.raw`\",`.repeat(200_000);
    const startedAt = performance.now();
    expect(items(line)).toHaveLength(200_000);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  it('are what was joined, for all items without commas and quotes', () => {
    const item = fc.string().filter((text) => !/[",]/.test(text) && trimmed(text) !== '');
    fc.assert(
      fc.property(fc.array(item), (list) => {
        expect(items(list.join(' , '))).toEqual(list.map(trimmed));
      }),
    );
  });

  it('are all there, whatever the bytes: what is parted is nothing but commas and spaces', () => {
    const line = fc.string({ unit: fc.constantFrom('"', '\\', ',', ' ', '\t', 'a', '=') });
    fc.assert(
      fc.property(line, (text) => {
        expect(
          items(text)
            .join('')
            .replaceAll(/[ \t,]/g, ''),
        ).toBe(text.replaceAll(/[ \t,]/g, ''));
      }),
    );
  });
});

describe('H1: the fields that go end to end', () => {
  it.each([
    'Connection',
    'Keep-Alive',
    'Proxy-Authenticate',
    'Proxy-Authentication-Info',
    'Proxy-Authorization',
    'Proxy-Connection',
    'TE',
    'Trailer',
    'Transfer-Encoding',
    'Upgrade',
  ])('are without %s', (name) => {
    expect(endToEnd(['A', '1', name, 'x', name.toUpperCase(), 'y', 'B', '2'])).toEqual([
      'A',
      '1',
      'B',
      '2',
    ]);
  });

  it('are without what Connection nominates, over all its lines', () => {
    expect(
      endToEnd(['Connection', 'a, X-Foo', 'A', '1', 'connection', 'B', 'b', '2', 'x-foo', '3']),
    ).toEqual([]);
    expect(endToEnd(['Connection', 'close', 'A', '1'])).toEqual(['A', '1']);
  });

  it.each([
    'Accept-Encoding',
    'Age',
    'Authorization',
    'Cache-Control',
    'CDN-Cache-Control',
    'Content-Encoding',
    'Content-Length',
    'Content-Location',
    'Content-Range',
    'Content-Type',
    'Cookie',
    'Date',
    'ETag',
    'Expect',
    'Expires',
    'Forwarded',
    'Host',
    'If-Match',
    'If-None-Match',
    'Last-Modified',
    'Location',
    'Max-Forwards',
    'Origin',
    'Pragma',
    'Range',
    'Set-Cookie',
    'Vary',
    'Via',
    'X-Forwarded-For',
    'X-Forwarded-Proto',
    'X-Real-IP',
  ])('keep %s, which is for all recipients, though Connection nominates it', (name) => {
    expect(endToEnd(['Connection', name, name, 'x'])).toEqual([name, 'x']);
    expect(endToEnd(['connection', `${name.toLowerCase()}, z`, name, 'x', 'Z', '1'])).toEqual([
      name,
      'x',
    ]);
  });

  it.each([
    ['trailers', ['TE', 'trailers']],
    ['gzip;q=0.5, Trailers', ['TE', 'trailers']],
    ['gzip', []],
    ['trailers2', []],
  ])('keep of TE no more than trailers: %s', (te, expected) => {
    expect(endToEnd(['TE', te, 'Connection', 'TE'])).toEqual(expected);
  });
});
