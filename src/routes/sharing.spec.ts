import { describe, expect, it } from '@jest/globals';
import { mayBeShared } from './sharing.js';

const plain = { cacheControl: undefined, vary: undefined, hasSetCookie: false };
const none: ReadonlySet<string> = new Set();

describe('mayBeShared', () => {
  it('shares an answer that says nothing against it', () => {
    expect(mayBeShared(plain, none)).toBe(true);
    expect(mayBeShared({ ...plain, cacheControl: 'public, max-age=0, no-cache' }, none)).toBe(true);
  });

  it.each(['private', 'no-store', 'max-age=60, PRIVATE', 'private="set-cookie"', ' No-Store '])(
    'keeps an answer of Cache-Control %j to its own caller',
    (cacheControl) => {
      expect(mayBeShared({ ...plain, cacheControl }, none)).toBe(false);
    },
  );

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
