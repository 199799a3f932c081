import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RuleKey } from './rule-key.js';
import type { KeySettings } from './rule-key.js';

const PLAIN: KeySettings = {
  host: true,
  query: 'all',
  headers: [],
  cookies: 'none',
  method: false,
};

function keyOf(settings: Partial<KeySettings> = {}, sendsUncovered = true): RuleKey {
  return new RuleKey({ ...PLAIN, ...settings }, sendsUncovered);
}

/** The text for a GET of `/a` on `h`. */
function textOf(key: RuleKey, query: string, ...fields: readonly string[]): string {
  return key.textOf('h', '/a', query, 'GET', fields);
}

describe('the key of a rule', () => {
  it('is host, path and query in their order, where nothing is said', () => {
    expect(textOf(keyOf(), 'b=1&a=2', 'X-Currency', 'eur')).toBe('h/a?b=1&a=2');
    expect(textOf(keyOf(), '')).toBe('h/a');
    expect(keyOf().isPlain).toBe(true);
    expect(keyOf().querySent('b=1&&a')).toBe('b=1&&a');
  });

  it('may leave out the host and the query, which is not sent then', () => {
    const key = keyOf({ host: false, query: 'none' });
    expect(textOf(key, 'a=1')).toBe('/a');
    expect(key.querySent('a=1')).toBe('');
    expect(key.isPlain).toBe(false);
  });

  it('counts and sends the members that it names, as they came', () => {
    const key = keyOf({ query: { only: ['page', 'f*', 'é ü'] } });
    expect(textOf(key, 'x=1&page=2&fa&y&page=3')).toBe('h/a?page=2&fa&page=3');
    expect(key.querySent('%70age=2&utm=1&%C3%A9+%c3%bc=1')).toBe('%70age=2&%C3%A9+%c3%bc=1');
    expect(key.querySent('x')).toBe('');
    expect(key.querySent('')).toBe('');
  });

  it('leaves out the members that it excepts, however they are written', () => {
    const key = keyOf({ query: { except: ['utm_*', 'fbclid'] } });
    expect(key.querySent('a=1&utm_source=x&FBCLID=1&fbclid=1&%75tm_=1')).toBe('a=1&FBCLID=1');
    // What nobody can decode: read the same in normal form and as it came.
    expect(key.querySent('utm_%ff=1&%75tm_%ff=1&%e9=1')).toBe('%e9=1');
  });

  it('may count members in whatever order, and sends them in one, those of one name as they came', () => {
    const key = keyOf({ query: { sort: true } });
    expect(textOf(key, 'b=1&a=2&b=0&a=1')).toBe('h/a?a=2&a=1&b=1&b=0');
    expect(key.querySent('b=1&%61=2')).toBe('%61=2&b=1');
  });

  it('tells requests apart by headers, and a missing one from an empty one', () => {
    const key = keyOf({ headers: ['x-b', 'x-a'] });
    const texts = [
      textOf(key, ''),
      textOf(key, '', 'X-A', ''),
      textOf(key, '', 'X-B', ''),
      textOf(key, '', 'X-A', '1'),
      textOf(key, '', 'X-A', '1', 'x-a', '2'),
      textOf(key, '', 'X-A', '1', 'X-B', '2'),
    ];
    expect(new Set(texts).size).toBe(texts.length);
    expect(textOf(key, '', 'X-B', '2', 'X-A', '1')).toBe(texts[5]);
    expect(key.headers).toEqual(['x-a', 'x-b']);
  });

  it('takes cookies that it does not name for credentials, and sends them', () => {
    const key = keyOf();
    expect(key.coversCookies).toBe(false);
    expect(key.cookiesSent(['Cookie', 'a=1; b=2'])).toBe('a=1; b=2');
    expect(key.cookiesSent([])).toBeUndefined();
  });

  it('neither sends nor counts the cookies that it ignores', () => {
    const key = keyOf({ cookies: { ignore: ['_ga*', 'seen'] } });
    expect(key.cookiesSent(['cookie', '_ga=1; sid=2; seen=1', 'Cookie', '_gat_x=1;'])).toBe(
      'sid=2',
    );
    expect(key.cookiesSent(['cookie', '_ga=1; seen'])).toBe('seen');
    expect(key.cookiesSent(['cookie', '_ga=1'])).toBeUndefined();
    expect(textOf(key, '', 'Cookie', 'sid=2')).toBe('h/a');
    expect(key.coversCookies).toBe(false);
    expect(key.isPlain).toBe(true);
  });

  it('counts and sends the cookies that it names, in whatever order they come', () => {
    const key = keyOf({ cookies: { only: ['currency', 'lang'] } });
    expect(key.cookiesSent(['Cookie', 'lang=de; sid=1;currency=eur'])).toBe(
      'currency=eur; lang=de',
    );
    expect(textOf(key, '', 'Cookie', 'lang=de; x=y; currency=eur')).toBe(
      textOf(key, '', 'Cookie', 'currency=eur', 'Cookie', 'lang=de'),
    );
    expect(textOf(key, '', 'Cookie', 'currency=eur')).not.toBe(textOf(key, ''));
    expect(key.coversCookies).toBe(true);
    expect(key.isPlain).toBe(false);
  });

  it('sends no cookies where nothing is sent that it does not cover', () => {
    for (const cookies of ['none', { ignore: ['x'] }] as const) {
      const key = keyOf({ cookies }, false);
      expect(key.cookiesSent(['Cookie', 'a=1'])).toBeUndefined();
      expect(key.coversCookies).toBe(true);
    }
    expect(keyOf({ cookies: { only: ['a'] } }, false).cookiesSent(['Cookie', 'a=1; b=2'])).toBe(
      'a=1',
    );
  });

  it('may give HEAD answers of its own', () => {
    const key = keyOf({ method: true });
    expect(key.textOf('h', '/a', '', 'HEAD', [])).not.toBe(textOf(key, ''));
    expect(keyOf().textOf('h', '/a', '', 'HEAD', [])).toBe(textOf(keyOf(), ''));
  });

  it('is the same for two requests only where the same is sent for both', () => {
    const member = fc
      .tuple(fc.constantFrom('a', 'b', 'utm_x', '%61', '', 'c%ff'), fc.constantFrom('', '=', '=1'))
      .map((parts) => parts.join(''));
    const queries = fc.array(member, { maxLength: 4 }).map((members) => members.join('&'));
    const settings = fc.constantFrom<KeySettings['query']>(
      ...([
        'all',
        'none',
        { only: ['a', 'c*'] },
        { except: ['utm_*', 'a'] },
        { sort: true },
      ] as const),
    );
    fc.assert(
      fc.property(settings, queries, queries, (query, one, other) => {
        const key = keyOf({ query });
        if (textOf(key, one) !== textOf(key, other)) return;
        expect(key.querySent(one)).toBe(key.querySent(other));
      }),
      { numRuns: 2_000 },
    );
  });
});
