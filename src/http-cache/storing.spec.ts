import { describe, expect, it } from '@jest/globals';
import { heuristicFor, type Verdict } from './storing.js';
import { FRESH, GET, judged, TENTH } from './testing/judged.js';

const WITH_AUTHORIZATION = { ...GET, authorization: true };
const WITH_COOKIE = { ...GET, cookie: true };

const KEPT = {
  store: true,
  share: true,
  because: undefined,
  marks: false,
  withheld: [],
  omitted: [],
};
const kept = (fields: Partial<Verdict> = {}) => ({ ...KEPT, ...fields });
/** For the leader alone; with a mark where the answer says so itself. */
const alone = (because: Verdict['because'], marks: boolean) =>
  kept({ store: false, share: false, because, marks });
/** For those who have asked already, but for nobody after. */
const shared = (because: Verdict['because']) => kept({ store: false, because });
const TRUSTS = ['guarded', 'rfc'] as const;

describe.each(TRUSTS)('whether an answer is kept, trusting %s', (trust) => {
  const verdict = (lines: readonly string[], asked = GET, status = 200) =>
    judged(lines, { asked, status, trust });

  it.each([
    200, 203, 204, 205, 226, 299, 301, 302, 303, 307, 308, 400, 401, 404, 410, 499, 500, 503, 599,
    999,
  ])('S1: keeps status %d where it says for how long', (status) => {
    expect(verdict([FRESH], GET, status)).toEqual(kept());
  });

  it.each([100, 101, 103, 199, 304])(
    'S1: never keeps status %d, which is nobody else’s',
    (status) => {
      expect(verdict([FRESH], GET, status)).toEqual(alone('status', false));
    },
  );

  it.each([428, 429, 431, 511])(
    'never keeps status %d, but gives it to those who wait',
    (status) => {
      expect(verdict([FRESH], GET, status)).toEqual(shared('status'));
      expect(verdict(['Cache-Control: private'], GET, status)).toEqual(alone('private', true));
    },
  );

  it.each(['HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'get', 'M-SEARCH'])(
    'S2: does not keep what answers %s',
    (method) => {
      const asked = { ...GET, method };
      expect(verdict([FRESH, `Content-Location: ${GET.uri}`], asked)).toEqual({
        ...shared('method'),
        share: method === 'HEAD',
      });
      expect(verdict(['Cache-Control: private'], asked)).toEqual(
        alone('private', method === 'HEAD'),
      );
      expect(verdict([FRESH], asked, 206)).toEqual(alone('partial', method === 'HEAD'));
    },
  );

  describe('S2: of a POST', () => {
    const asked = { ...GET, method: 'POST' };
    const keptAlone = kept({ share: false });

    it.each(['http://shop.example/a?b=1', 'HTTP://SHOP.example:80/a?b=1', '/a?b=1', 'a?b=1', ''])(
      'keeps what says that it is at the same place, and for how long: %j',
      (location) => {
        const place = `Content-Location: ${location}`;
        expect(verdict([place, FRESH], asked)).toEqual(keptAlone);
        expect(verdict([place, 'Cache-Control: s-maxage=0'], asked)).toEqual(keptAlone);
        expect(verdict([place, 'Expires: 0'], asked)).toEqual(keptAlone);
      },
    );

    it.each([
      'http://shop.example/a',
      'https://shop.example/a?b=1',
      '/a?b=2',
      'http://[',
      'http://',
    ])('keeps nothing of another place: %s', (location) => {
      expect(verdict([`Content-Location: ${location}`, FRESH], asked)).toEqual({
        ...shared('method'),
        share: false,
      });
    });

    it('keeps nothing without a place, or without an explicit time', () => {
      const lost = { ...shared('method'), share: false };
      const place = `Content-Location: ${GET.uri}`;
      expect(verdict([FRESH], asked)).toEqual(lost);
      expect(verdict([place], asked)).toEqual(lost);
      expect(verdict([place, 'Last-Modified: Fri, 27 Nov 2026 12:00:00 GMT'], asked)).toEqual(lost);
    });
  });

  it('S3: keeps nothing by no-store', () => {
    expect(verdict(['Cache-Control: no-store, max-age=60'])).toEqual(alone('no-store', true));
    expect(verdict(['T: {"no-store":true}', FRESH])).toEqual(alone('no-store', true));
    expect(verdict(['T: {"max-age":60}', 'Cache-Control: no-store'])).toEqual(kept());
  });

  it('S3: ignores no-store with must-understand, of a status that is understood', () => {
    const control = 'Cache-Control: max-age=60, no-store, must-understand';
    for (const status of [200, 201, 301, 302, 307, 404, 410, 422, 500, 503]) {
      expect(verdict([control], GET, status)).toEqual(kept());
    }
    for (const status of [226, 299, 418, 499, 599]) {
      expect(verdict([control], GET, status)).toEqual(alone('must-understand', true));
      expect(verdict([control.replace('no-store, ', '')], GET, status)).toEqual(
        alone('must-understand', true),
      );
    }
  });

  it('S4: keeps nothing that is private, and all but the fields that are', () => {
    expect(verdict(['Cache-Control: private, max-age=60'])).toEqual(alone('private', true));
    expect(verdict(['Cache-Control: max-age=60, private="X-User, B"'])).toEqual(
      kept({ withheld: ['x-user', 'b'] }),
    );
  });

  it.each([
    ['Vary: *'],
    ['Vary: *, *'],
    ['Vary:', 'Vary: *'],
    ['Vary: , *'],
    ['Vary: *, Foo'],
    ['Vary: Foo, *'],
    ['Vary: Foo', 'Vary: Bar, *'],
  ])('S5: keeps nothing with a star in Vary: %s', (...lines) => {
    expect(verdict([FRESH, ...lines])).toEqual(alone('vary-star', true));
  });

  it.each(['Vary: Foo', 'Vary:', 'Vary: *a', 'Vary: a*'])(
    'S5: keeps what varies otherwise: %s',
    (line) => {
      expect(verdict([FRESH, line])).toEqual(kept());
    },
  );

  it.each(['public, max-age=60', 's-maxage=60', 'max-age=60, must-revalidate'])(
    'S6: keeps what answers Authorization by %s',
    (control) => {
      expect(verdict([`Cache-Control: ${control}`], WITH_AUTHORIZATION)).toEqual(kept());
    },
  );

  it.each(['max-age=60', 'max-age=60, proxy-revalidate', 'max-age=60, private="a"'])(
    'S6: keeps nothing that answers Authorization by %s, and marks nothing',
    (control) => {
      const { store, share, because, marks } = verdict(
        [`Cache-Control: ${control}`],
        WITH_AUTHORIZATION,
      );
      expect({ store, share, because, marks }).toEqual({
        store: false,
        share: false,
        because: 'authorization',
        marks: false,
      });
    },
  );

  it('S6: takes no max-age for a permission, though a targeted field says it', () => {
    expect(verdict(['T: {"max-age":60}'], WITH_AUTHORIZATION)).toEqual(
      alone('authorization', false),
    );
    expect(verdict(['T: {"max-age":60,"public":true}'], WITH_AUTHORIZATION)).toEqual(kept());
  });

  it('S6: says first what the answer forbids by itself, which marks', () => {
    expect(verdict(['Cache-Control: private'], WITH_AUTHORIZATION)).toEqual(alone('private', true));
    expect(verdict(['Cache-Control: no-store'], { ...WITH_COOKIE, authorization: true })).toEqual(
      alone('no-store', true),
    );
  });

  it.each([206, 416])('S9: keeps no part of an answer: %d', (status) => {
    expect(verdict([FRESH], GET, status)).toEqual(alone('partial', true));
    expect(verdict([FRESH], { ...GET, range: true }, status)).toEqual(alone('partial', false));
  });

  it.each([
    'multipart/byteranges',
    'Multipart/ByteRanges; boundary=x',
    'multipart/byteranges \t;a=b',
  ])('S9: keeps no parts in one: %s', (type) => {
    expect(verdict([FRESH, `Content-Type: ${type}`])).toEqual(alone('partial', true));
  });

  it.each(['multipart/byterangesx', 'multipart/mixed', 'x; a=multipart/byteranges'])(
    'S9: keeps %s',
    (type) => {
      expect(verdict([FRESH, `Content-Type: ${type}`], { ...GET, range: true })).toEqual(kept());
    },
  );

  it.each([
    ['Cache-Control: max-age=0'],
    ['Cache-Control: s-maxage=0'],
    ['Expires: 0'],
    ['Last-Modified: Fri, 27 Nov 2026 12:00:00 GMT'],
    ['ETag: "a"'],
    ['Last-Modified: yesterday'],
    ['Cache-Control: public', 'ETag: "a"'],
    ['T: {"public":true}', 'ETag: "a"'],
  ])('S10: keeps what has a time, explicit or guessed, or can be validated: %s', (...lines) => {
    expect(verdict(lines)).toEqual(kept());
  });

  it.each([
    [[]],
    [['Cache-Control: public']],
    [['Cache-Control: no-cache']],
    [['Cache-Control: must-revalidate']],
  ])('S10: keeps nothing that has neither, but gives it to those who wait: %j', (lines) => {
    expect(verdict(lines)).toEqual(shared('no-freshness'));
  });

  it('S10: keeps for validation what can be cached by its status, or says public or no-cache', () => {
    expect(verdict(['ETag: "a"'], GET, 404)).toEqual(kept());
    expect(verdict(['ETag: "a"'], GET, 201)).toEqual(shared('no-freshness'));
    expect(verdict(['ETag: "a"'], GET, 500)).toEqual(shared('no-freshness'));
    expect(verdict(['ETag: "a"', 'Cache-Control: public'], GET, 500)).toEqual(kept());
    expect(verdict(['ETag: "a"', 'Cache-Control: no-cache'], GET, 500)).toEqual(kept());
    expect(verdict(['Last-Modified: x', 'Cache-Control: no-cache'], GET, 500)).toEqual(kept());
    expect(verdict(['ETag: "a"', 'Cache-Control: no-cache="b"'], GET, 500)).toMatchObject({
      because: 'no-freshness',
    });
  });

  it('R3: keeps fields that no-cache names, but leaves them out of hits', () => {
    expect(verdict(['Cache-Control: max-age=60, no-cache="A, b"'])).toEqual(
      kept({ omitted: ['a', 'b'] }),
    );
    expect(verdict(['Cache-Control: max-age=60, no-cache="a, b", private="B, c"'])).toEqual(
      kept({ withheld: ['b', 'c'], omitted: ['a'] }),
    );
  });
});

describe('credentials', () => {
  const COOKIE = 'Set-Cookie: a=b';

  it.each([
    ['Cache-Control: public, max-age=60'],
    ['Cache-Control: s-maxage=60'],
    ['T: {"max-age":60}'],
    [FRESH, 'Vary: Cookie'],
    [FRESH, 'Vary: Accept, COOKIE'],
  ])('S7: guarded keeps what answers a Cookie by %s', (...lines) => {
    expect(judged(lines, { asked: WITH_COOKIE })).toEqual(kept());
  });

  it.each([
    [FRESH],
    ['Cache-Control: max-age=60, must-revalidate'],
    ['T: {"no-cache":true}', 'ETag: "a"'],
    [FRESH, 'Vary: Cookie2'],
  ])('S7: guarded keeps nothing else that answers a Cookie, and marks nothing: %s', (...lines) => {
    expect(judged(lines, { asked: WITH_COOKIE })).toEqual(alone('cookie', false));
    expect(judged(lines, { asked: WITH_COOKIE, trust: 'rfc' })).toEqual(kept());
    expect(judged(lines)).toEqual(kept());
  });

  it.each([
    ['Cache-Control: public, max-age=60'],
    ['Cache-Control: s-maxage=60'],
    ['T: {"max-age":60}'],
    ['T: {"s-maxage":60}'],
  ])('S8: guarded keeps what sets a cookie by %s', (...lines) => {
    expect(judged([...lines, COOKIE])).toEqual(kept());
  });

  it.each([
    [FRESH],
    ['Cache-Control: max-age=60, must-revalidate'],
    ['T: {"no-cache":true}', 'ETag: "a"'],
  ])('S8: guarded keeps nothing else that sets a cookie, which marks; rfc does: %s', (...lines) => {
    expect(judged([...lines, COOKIE])).toEqual(alone('set-cookie', true));
    expect(judged([...lines, COOKIE], { trust: 'rfc' })).toEqual(kept());
  });

  it('S8: guarded keeps without the cookie what says no-cache="set-cookie"', () => {
    const lines = ['Cache-Control: max-age=60, no-cache="Set-Cookie"', COOKIE];
    expect(judged(lines)).toEqual(kept({ withheld: ['set-cookie'] }));
    expect(judged(lines, { trust: 'rfc' })).toEqual(kept({ omitted: ['set-cookie'] }));
  });

  it('S8: both keep without the cookie what says private="set-cookie"', () => {
    const lines = [
      'Cache-Control: max-age=60, private="set-cookie", no-cache="set-cookie"',
      COOKIE,
    ];
    for (const trust of TRUSTS) {
      expect(judged(lines, { trust })).toEqual(kept({ withheld: ['set-cookie'] }));
    }
  });

  it('F5: let nothing be guessed, but for rfc', () => {
    expect(heuristicFor(GET, 'guarded', TENTH)).toBe(TENTH);
    expect(heuristicFor(WITH_COOKIE, 'guarded', TENTH)).toBeUndefined();
    expect(heuristicFor(WITH_AUTHORIZATION, 'guarded', TENTH)).toBeUndefined();
    expect(heuristicFor(WITH_COOKIE, 'rfc', TENTH)).toBe(TENTH);
    expect(heuristicFor(GET, 'rfc', undefined)).toBeUndefined();
  });
});
