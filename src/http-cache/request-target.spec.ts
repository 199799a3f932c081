import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { authorityOf, literalSegment, normalHost, normalTarget } from './request-target.js';
import type { NormalTarget } from './request-target.js';

function good(target: string): NormalTarget {
  const normal = normalTarget(target);
  if (typeof normal === 'string') throw new Error(`${target}: ${normal}`);
  return normal;
}

describe('K1: the key of a target is its normal form', () => {
  it.each([
    ['/a/b', '/a/b', ''],
    ['/', '/', ''],
    ['/a?b=c', '/a', '?b=c'],
    ['/a?b?c', '/a', '?b?c'],
    ['/%7euser/%2d%5f%41', '/~user/-_A', ''],
    ['/a%2fb%c3%a9', '/a%2Fb%C3%A9', ''],
    ['/a%20b?%71=%2f%3d', '/a%20b', '?q=%2F%3D'],
    ['/%2525', '/%2525', ''],
    ['/a;v=1/b,c@d:e', '/a;v=1/b,c@d:e', ''],
    ['/caf\u00c3\u00a9', '/caf\u00c3\u00a9', ''],
    ['//a//', '//a//', ''],
    ['/...', '/...', ''],
    ['/a.b/.c/d./..e', '/a.b/.c/d./..e', ''],
  ])('%s', (target, path, query) => {
    expect(good(target)).toMatchObject({ path, query });
  });

  it('tells reserved characters from their escapes, and cases apart', () => {
    const keys = ['/a%2Fb', '/a/b', '/A/b', '/a%3Fb', '/a?b', '/%40', '/@', '/a', '/a?', '/a/'];
    expect(new Set(keys.map((target) => good(target).path + good(target).query)).size).toBe(
      keys.length,
    );
  });

  it.each(['?q=100%', '?%zz=%41', '?%%34%31', '?a=%0', '?%00%41'])(
    'keys a query as it came that holds a percent sign which encodes nothing: %s',
    (query) => {
      expect(good(`/a${query}`).query).toBe(query);
    },
  );

  it('reads absolute targets, and the asterisk of OPTIONS', () => {
    expect(good('http://Shop.Example:80/%61?%62')).toMatchObject({ path: '/a', query: '?b' });
    expect(good('http://shop.example')).toMatchObject({ path: '/', query: '' });
    expect(good('HTTPS://shop.example?a=/b')).toMatchObject({ path: '/', query: '?a=/b' });
    expect(good('*')).toEqual({ path: '*', query: '', segments: ['*'], loosely: undefined });
  });

  it('is its own normal form', () => {
    const part = fc.constantFrom(
      ...[
        '/',
        'a',
        'B',
        '%',
        '2',
        '5',
        '41',
        'e',
        'F',
        '%2f',
        '%41',
        '%e9',
        '?',
        '.',
        ';',
        '\u00e9',
      ],
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const once = normalTarget(`/${parts.join('')}`);
        if (typeof once === 'string') return;
        expect(normalTarget(once.path + once.query)).toEqual(once);
      }),
      { numRuns: 2_000 },
    );
  });

  it('means the same to whoever decodes it', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.array(fc.boolean()), (text, encodes) => {
        const encoded = [...text]
          .map((character, at) =>
            encodes[at] && character < '\u0080'
              ? `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`
              : encodeURIComponent(character),
          )
          .join('');
        const normal = normalTarget(`/${encoded}`);
        if (typeof normal === 'string') return;
        expect(decodeURIComponent(normal.path)).toBe(`/${text}`);
        expect(normal.segments.map(decodeURIComponent).join('/')).toBe(text);
      }),
    );
  });
});

describe('K1: a rule is not dodged', () => {
  it.each(['/%', '/a%', '/%4', '/%4g/', '/%zz', '/a%%41', '/a%00b', 'http://h/%'])(
    'by an escape that cannot be decoded: %s',
    (target) => {
      expect(normalTarget(target)).toBe('bad-escape');
    },
  );

  it.each([
    ...['/.', '/..', '/./a', '/a/..', '/a/../b', '/a/.', '/%2e', '/%2E%2e/a', '/.%2e', '/a/%2e./b'],
    ...['/a%2f..%2fb', '/a%5c..%5Cb', '/..;/a', '/a/..;v=1', '/a/..%3bx/b', '/a/.;/b', '/..?q'],
    ...['http://h/..', '/%2f..', '//..'],
  ])('by dot segments: %s', (target) => {
    expect(normalTarget(target)).toBe('dot-segments');
  });

  it.each([
    ...['', 'a', 'a/b', '?a', '*a', '*?', 'host:443', 'http:/a', '/a#b', '/a\\b', '\\a', '/a b'],
    ...['/a\tb', '/a\u0000', '/a\u007f', '/\u0100', 'http://u@h/a', 'http://u:p@h', 'http://h#a'],
  ])('by what is no path: %j', (target) => {
    expect(normalTarget(target)).toBe('bad-form');
  });

  it.each([
    ['/a/b', ['a', 'b']],
    ['/', ['']],
    ['/a/', ['a', '']],
    ['/%61dmin/%40me/%3Aid%21', ['admin', '@me', ':id!']],
    ['/a%20b/"{}|^`<>[]', ['a%20b', '%22%7B%7D%7C%5E%60%3C%3E%5B%5D']],
    ['/caf\u00c3\u00a9/caf%c3%a9', ['caf%C3%A9', 'caf%C3%A9']],
    ['/a%2fb%5c%3f%23', ['a%2Fb%5C%3F%23']],
    ['//a', ['', 'a']],
  ])('by another spelling of a segment: %s', (target, segments) => {
    expect(good(target).segments).toEqual(segments);
  });

  it.each([
    ['/a/b', undefined],
    ['/', undefined],
    ['/a/', ['a']],
    ['//a//b', ['a', 'b']],
    ['//', []],
    ['/a%2Fb', ['a', 'b']],
    ['/a%5cb/c', ['a', 'b', 'c']],
    ['/a;v=1/b%3bw', ['a', 'b']],
    ['/;x/a', ['a']],
  ])('by a spelling that some backends read otherwise: %s', (target, loosely) => {
    expect(good(target).loosely).toEqual(loosely);
  });
});

describe('a literal segment of a rule', () => {
  it.each([
    ['prices', 'prices'],
    ['@me', '@me'],
    ['%40me', '@me'],
    ['a b', 'a%20b'],
    ['caf\u00e9', 'caf%C3%A9'],
    ['\u{1f600}', '%F0%9F%98%80'],
    ['\ud800', '%EF%BF%BD'],
    ['a%2fb', 'a%2Fb'],
    ['', ''],
  ])('%j is written as targets are matched', (text, segment) => {
    expect(literalSegment(text)).toBe(segment);
  });

  it.each(['..', '%2e', 'a/b', 'a?b', 'a#b', '\\', '%', '%00', '\u0000'])(
    '%j matches nothing',
    (text) => {
      expect(literalSegment(text)).toBeUndefined();
    },
  );

  it('matches itself, however it is encoded', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (text) => {
        const encoded = encodeURIComponent(text);
        const target = normalTarget(`/${encoded}`);
        if (typeof target === 'string') return;
        expect(literalSegment(encoded)).toBe(target.segments[0]);
      }),
    );
  });
});

describe('K1: the host of a key', () => {
  it.each([
    ['Shop.Example', 80, 'shop.example'],
    ['shop.example:80', 80, 'shop.example'],
    ['shop.example:0080', 80, 'shop.example'],
    ['shop.example:', 80, 'shop.example'],
    ['shop.example:443', 80, 'shop.example:443'],
    ['shop.example:443', 443, 'shop.example'],
    ['shop.example:80', 443, 'shop.example:80'],
    ['[::1]:80', 80, '[::1]'],
    ['[::1]', 80, '[::1]'],
    ['', 80, ''],
  ] as const)('of %s, where %d goes without saying', (authority, defaultPort, host) => {
    expect(normalHost(authority, defaultPort)).toBe(host);
  });

  it('is the one that an absolute target names', () => {
    expect(authorityOf('http://Shop.Example:80/a')).toBe('Shop.Example:80');
    expect(authorityOf('http://h?a')).toBe('h');
    expect(authorityOf('/a')).toBeUndefined();
    expect(authorityOf('/http://h/')).toBeUndefined();
    expect(authorityOf('*')).toBeUndefined();
  });
});
