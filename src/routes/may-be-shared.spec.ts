import { describe, expect, it } from '@jest/globals';
import { forbidsReuse, mayBeShared } from './may-be-shared.js';

const plain = { cacheControl: undefined, vary: undefined, hasSetCookie: false };
const none: ReadonlySet<string> = new Set();

describe('mayBeShared', () => {
  it('shares an answer that says nothing against it', () => {
    expect(mayBeShared(plain, none)).toBe(true);
    expect(mayBeShared({ ...plain, cacheControl: 'public, max-age=0, no-cache' }, none)).toBe(true);
  });

  it.each(['no-cache', 'max-age=60; No-Cache', '"no-cache"', 'no-cache="etag"', 'a no_cache'])(
    'reads no-cache in %j',
    (cacheControl) => {
      expect(forbidsReuse(cacheControl)).toBe(true);
    },
  );

  it.each([undefined, '', 'max-age=0', 'no-cache-ever', 'x-no-cache', 'cache'])(
    'reads no no-cache in %j',
    (cacheControl) => {
      expect(forbidsReuse(cacheControl)).toBe(false);
    },
  );

  it.each([
    ...['private', 'no-store', 'max-age=60, PRIVATE', 'private="set-cookie"', ' No-Store '],
    ...['private; max-age=0', 'no-store; no-cache', 'max-age=0;private', 'max-age=60 private'],
    ...[
      '"private"',
      "'no-store'",
      'max-age="60, private"',
      'private = "x"',
      'private\t,a',
      ',private',
    ],
    ...[
      'no-cache,,no-store',
      'no_store',
      'no store',
      'NoStore',
      ...[
        'no\tstore',
        'no--store',
        'no - store',
        'no_store',
        'no__store',
        'no.store',
        'no-\u00adstore',
      ],
      ...['-no-store', '--private', 'no\u2011store', 'no-"store"'],
      'Cache-Control: private',
      '=private',
    ],
    ...['private|public', '\u00e9private', 'public, "private'],
  ])('keeps an answer of Cache-Control %j to its own caller', (cacheControl) => {
    expect(mayBeShared({ ...plain, cacheControl }, none)).toBe(false);
  });

  it.each([
    'x-private',
    'private-ish',
    'no-store-ever',
    'privately',
    ...['nonstore', 'no-xstore', 'max-no-store'],
    'max-age=60; public',
    'store',
    '',
  ])('shares an answer of Cache-Control %j, which forbids nothing', (cacheControl) => {
    expect(mayBeShared({ ...plain, cacheControl }, none)).toBe(true);
  });

  it('reads a field in time that grows with its length alone', () => {
    const timeOf = (length: number) => {
      const cacheControl = 'no-'.repeat(length / 3);
      const started = performance.now();
      for (let i = 0; i < 20; i++) mayBeShared({ ...plain, cacheControl }, none);
      return performance.now() - started;
    };
    timeOf(3_000);
    expect(timeOf(300_000)).toBeLessThan(1_000);
  });

  it('keeps an answer with a cookie to its own caller', () => {
    expect(mayBeShared({ ...plain, hasSetCookie: true }, none)).toBe(false);
  });

  it('keeps an answer that varies by what the key does not cover to its own caller', () => {
    expect(mayBeShared({ ...plain, vary: 'Accept-Language' }, none)).toBe(false);
    expect(mayBeShared({ ...plain, vary: '*' }, new Set(['accept-language']))).toBe(false);
    expect(mayBeShared({ ...plain, vary: 'Accept-Language' }, new Set(['accept-language']))).toBe(
      true,
    );
    expect(mayBeShared({ ...plain, vary: 'Accept-Encoding' }, none)).toBe(true);
  });
});
