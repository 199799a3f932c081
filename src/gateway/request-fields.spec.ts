import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { linesOf, valueOf } from '../http-cache/index.js';
import { sentFields } from './request-fields.js';
import type { SendingRule, SentFrom, SentHow } from './request-fields.js';

const RULE: SendingRule = {
  host: 'client',
  freshness: { kind: 'http' },
  key: {
    headers: [],
    settings: { host: true },
    cookiesSent: (fields) => valueOf(fields, 'cookie'),
  },
};

const STRANGER = { address: '9.9.9.9', peer: '9.9.9.9', isTrusted: false, scheme: 'http' } as const;
const PROXY = { address: '1.1.1.1', peer: '10.0.0.1', isTrusted: true, scheme: 'https' } as const;

const ALONE: SentHow = { shared: false, self: 'breakwater-a' };
const SHARED: SentHow = { shared: true, self: 'breakwater-a' };

function from(fields: string[], more: Partial<SentFrom> = {}): SentFrom {
  return { method: 'GET', fields, client: STRANGER, host: 'shop.example', rule: RULE, ...more };
}

/** The lines that are sent of some fields. */
function sent(names: string[], request: SentFrom, how: SentHow): Record<string, readonly string[]> {
  const fields = sentFields(request, how);
  return Object.fromEntries(names.map((name) => [name, linesOf(fields, name)]));
}

describe('H1: what is for one connection stays on it', () => {
  it('with what Connection nominates, but for what is for everybody', () => {
    const fields = sentFields(
      from([
        ...['Connection', 'close, X-Hop, Authorization', 'X-Hop', '1', 'Keep-Alive', 'timeout=5'],
        ...['Authorization', 'Basic x', 'TE', 'trailers', 'Trailer', 'x', 'Upgrade', 'h2c'],
        ...['HTTP2-Settings', 'x', 'Proxy-Authorization', 'x', 'Transfer-Encoding', 'chunked'],
        ...['Content-Length', '3', 'Expect', '100-continue', 'Host', 'SHOP.example:80'],
        ...['X-B', '2', 'x-a', 'caf\xe9', 'X-B', '1'],
      ]),
      ALONE,
    );
    expect(fields.slice(0, 10)).toEqual([
      ...['Host', 'shop.example', 'Authorization', 'Basic x'],
      ...['X-B', '2', 'x-a', 'caf\xe9', 'X-B', '1'],
    ]);
    expect(fields.filter((_, at) => at % 2 === 0).slice(5)).toEqual([
      ...['X-Forwarded-For', 'X-Forwarded-Proto', 'X-Forwarded-Host', 'X-Forwarded-Port'],
      ...['Forwarded', 'Via'],
    ]);
  });
});

describe('what a call says of whose it is', () => {
  const TRACED = ['traceparent', '00-1-2-01', 'Tracestate', 'a=1', 'baggage', 'user=1'];
  const NAMES = ['traceparent', 'tracestate', 'baggage', 'x-request-id'];

  it('is nothing of one client where others share it, even if the key has it', () => {
    const key = { ...RULE.key, headers: ['traceparent', 'x-request-id'] };
    for (const kind of ['http', 'fixed'] as const) {
      const rule: SendingRule = { ...RULE, freshness: { kind }, key };
      const request = from([...TRACED, 'X-Request-Id', '7'], { rule });
      expect(Object.values(sent(NAMES, request, SHARED)).flat()).toEqual([]);
      const extra = ['Traceparent', '00-3-4-01', 'X-Request-Id', '8'];
      const told = sent(NAMES, request, { ...SHARED, extra });
      expect(told).toMatchObject({ traceparent: ['00-3-4-01'], 'x-request-id': ['8'] });
    }
  });

  it('is all of it where nobody does', () => {
    const told = sent(NAMES, from([...TRACED, 'X-Request-Id', '7']), ALONE);
    expect(Object.values(told).flat()).toEqual(['00-1-2-01', 'a=1', 'user=1', '7']);
  });

  it('has its host, whatever else is dropped or told beside it', () => {
    const requestHeaders = { dropped: new Set(['host', 'x-a']), appended: ['X-B', '2'] };
    const rule: SendingRule = { ...RULE, requestHeaders };
    for (const how of [ALONE, SHARED]) {
      const fields = sentFields(from(['X-A', '1'], { rule }), { ...how, extra: ['Host', 'b'] });
      expect(fields.slice(0, 2)).toEqual(['Host', 'shop.example']);
      expect(linesOf(fields, 'x-a')).toEqual([]);
      expect(linesOf(fields, 'x-b')).toEqual(['2']);
    }
  });
});

describe('H2: where a request comes from, and whom it has passed', () => {
  const NAMES = [
    'x-forwarded-for',
    'x-forwarded-proto',
    'x-forwarded-host',
    'x-forwarded-port',
    'forwarded',
  ];
  const TOLD = [
    ...[
      'X-Forwarded-For',
      '1.1.1.1',
      'X-Forwarded-Proto',
      'https',
      'X-Forwarded-Host',
      'a.example',
    ],
    ...[
      'X-Forwarded-Port',
      '444',
      'Forwarded',
      'for=1.1.1.1;proto=https',
      'X-Forwarded-Prefix',
      '/a',
    ],
  ];

  it('is said in place of what a stranger says', () => {
    expect(
      sent([...NAMES, 'x-forwarded-prefix'], from(TOLD, { host: 'shop.example:81' }), ALONE),
    ).toEqual({
      'x-forwarded-for': ['9.9.9.9'],
      'x-forwarded-proto': ['http'],
      'x-forwarded-host': ['shop.example:81'],
      'x-forwarded-port': ['81'],
      forwarded: ['for=9.9.9.9;host="shop.example:81";proto=http'],
      'x-forwarded-prefix': [],
    });
  });

  it('is said after what a trusted proxy says', () => {
    expect(sent([...NAMES, 'x-forwarded-prefix'], from(TOLD, { client: PROXY }), ALONE)).toEqual({
      'x-forwarded-for': ['1.1.1.1, 10.0.0.1'],
      'x-forwarded-proto': ['https'],
      'x-forwarded-host': ['a.example'],
      'x-forwarded-port': ['444'],
      forwarded: ['for=1.1.1.1;proto=https, for=10.0.0.1;host=shop.example;proto=https'],
      'x-forwarded-prefix': ['/a'],
    });
  });

  it('is said where a trusted proxy says nothing, and of IPv6 and of no host as well', () => {
    const client = { ...PROXY, peer: 'fd00::1' };
    expect(sent(NAMES, from([], { client, host: '' }), ALONE)).toEqual({
      'x-forwarded-for': ['fd00::1'],
      'x-forwarded-proto': ['https'],
      'x-forwarded-host': [],
      'x-forwarded-port': [],
      forwarded: ['for="[fd00::1]";proto=https'],
    });
    expect(sent(['x-forwarded-port'], from([], { client }), ALONE)).toEqual({
      'x-forwarded-port': ['443'],
    });
    const gone = { ...STRANGER, peer: '' };
    expect(sent(NAMES, from([], { client: gone }), ALONE)).toMatchObject({
      'x-forwarded-for': [],
      forwarded: ['for=unknown;host=shop.example;proto=http'],
    });
  });

  it('Via goes on from that of others', () => {
    expect(sent(['via'], from(['Via', '1.0 a', 'Via', '1.1 b (c)']), ALONE)).toEqual({
      via: ['1.0 a, 1.1 b (c), 1.1 breakwater-a'],
    });
  });

  it.each([
    ['OPTIONS', '5', ['4']],
    ['TRACE', '1', ['0']],
    ['OPTIONS', 'x', []],
    ['GET', '5', []],
  ])('Max-Forwards of %s %s', (method, value, lines) => {
    expect(sent(['max-forwards'], from(['Max-Forwards', value], { method }), ALONE)).toEqual({
      'max-forwards': lines,
    });
  });
});

describe('H3: a call that others may share says nothing that the key does not tell apart', () => {
  const UNKEYED = [
    ...[
      'X-HTTP-Method',
      'X-HTTP-Method-Override',
      'X-Method-Override',
      'X-Original-URL',
      'X-Rewrite-URL',
    ],
    ...[
      'X-Original-Host',
      'X-Host',
      'X-Forwarded-Scheme',
      'X-Forwarded-Server',
      'X-Real-IP',
      'Range',
    ],
    ...['If-Match', 'If-None-Match', 'If-Modified-Since', 'If-Unmodified-Since', 'If-Range'],
  ];

  it.each(UNKEYED)('%s is not sent', (name) => {
    expect(sent([name.toLowerCase()], from([name, 'x']), SHARED)).toEqual({
      [name.toLowerCase()]: [],
    });
  });

  it.each(['X-HTTP-Method', 'Range', 'If-None-Match', 'Accept-Encoding'])(
    '%s is, in a call for its asker alone',
    (name) => {
      expect(sent([name.toLowerCase()], from([name, 'x']), ALONE)).toEqual({
        [name.toLowerCase()]: ['x'],
      });
    },
  );

  it('what the key covers is', () => {
    const rule = {
      ...RULE,
      key: { ...RULE.key, headers: ['x-http-method-override', 'accept-encoding'] },
    };
    const fields = ['X-HTTP-Method-Override', 'PUT', 'Accept-Encoding', 'zstd, br'];
    expect(
      sent(['x-http-method-override', 'accept-encoding'], from(fields, { rule }), SHARED),
    ).toEqual({
      'x-http-method-override': ['PUT'],
      'accept-encoding': ['zstd, br'],
    });
  });

  it('encodings are those that are given, or none', () => {
    const request = from(['Accept-Encoding', 'zstd, br;q=0.5']);
    const given = { ...SHARED, acceptEncoding: 'br' };
    expect(sent(['accept-encoding'], request, given)).toEqual({ 'accept-encoding': ['br'] });
    expect(sent(['accept-encoding'], request, SHARED)).toEqual({ 'accept-encoding': ['identity'] });
  });

  it('of a fixed rule, what the key covers is all', () => {
    const rule: SendingRule = {
      ...RULE,
      freshness: { kind: 'fixed' },
      key: {
        headers: ['x-currency', 'host'],
        settings: { host: true },
        cookiesSent: () => 'lang=de',
      },
    };
    const fields = [
      'X-Currency',
      'EUR',
      'X-Currency',
      'USD',
      'Cookie',
      'sid=1; lang=de',
      'Accept',
      'a/b',
    ];
    expect(sentFields(from(fields, { rule }), SHARED)).toEqual([
      ...['Host', 'shop.example', 'x-currency', 'EUR, USD', 'Accept', '*/*'],
      ...['User-Agent', 'breakwater', 'Cookie', 'lang=de', 'Accept-Encoding', 'identity'],
      ...['Via', '1.1 breakwater-a'],
    ]);
    const keyed = { ...rule, key: { ...rule.key, headers: ['accept', 'user-agent'] } };
    expect(sent(['accept', 'user-agent'], from(fields, { rule: keyed }), SHARED)).toEqual({
      accept: ['a/b'],
      'user-agent': [],
    });
  });

  it('of a fixed rule, a request of its own is sent whole', () => {
    const rule: SendingRule = {
      ...RULE,
      freshness: { kind: 'fixed' },
      key: { ...RULE.key, cookiesSent: () => undefined },
    };
    const fields = ['Cookie', 'sid=1', 'X-Any', '1'];
    expect(sent(['cookie', 'x-any'], from(fields, { rule, method: 'POST' }), ALONE)).toEqual({
      cookie: ['sid=1'],
      'x-any': ['1'],
    });
  });

  it('whatever a stranger sends, only fields that a shared call may send come through', () => {
    const name = fc.constantFrom(...UNKEYED, 'X-Forwarded-For', 'Forwarded', 'Via', 'X-Mine');
    const letters = fc.string({ unit: fc.constantFrom('e', 'v', 'i', 'l'), minLength: 1 });
    fc.assert(
      fc.property(fc.array(fc.tuple(name, letters)), (pairs) => {
        const fields = sentFields(from(pairs.flat()), SHARED);
        for (const [field] of pairs) {
          const lower = field.toLowerCase();
          if (lower === 'x-mine' || lower === 'via') continue;
          expect(linesOf(fields, lower).some((line) => /^[evil]+$/.test(line))).toBe(false);
        }
        expect(fields.length % 2).toBe(0);
      }),
    );
  });
});

describe('Host', () => {
  it.each([
    ['client', 'shop.example', ['shop.example']],
    ['client', '', []],
    ['backend', 'shop.example', []],
    [{ name: 'other.example' }, 'shop.example', ['other.example']],
  ] as const)('%j, asked for %s', (host, asked, lines) => {
    const request = from(['Host', 'SHOP.EXAMPLE'], { rule: { ...RULE, host }, host: asked });
    expect(sent(['host'], request, ALONE)).toEqual({ host: lines });
  });

  it('that the key leaves out is told nobody, unless the call is its own', () => {
    const rule = { ...RULE, key: { ...RULE.key, settings: { host: false } } };
    const names = ['host', 'x-forwarded-host', 'forwarded'];
    expect(sent(names, from([], { rule }), SHARED)).toEqual({
      host: [],
      'x-forwarded-host': [],
      forwarded: ['for=9.9.9.9;proto=http'],
    });
    expect(sent(['host'], from([], { rule }), ALONE)).toEqual({ host: ['shop.example'] });
    const named = { ...rule, host: { name: 'other.example' } };
    expect(sent(['host'], from([], { rule: named }), SHARED)).toEqual({ host: ['other.example'] });
  });
});

describe('changes', () => {
  it('of a rule take away and add, whoever has set it', () => {
    const requestHeaders = {
      dropped: new Set(['x-secret', 'x-forwarded-for', 'x-set']),
      appended: ['X-Set', 'mine', 'X-More', '2'],
    };
    const fields = ['X-Secret', '1', 'X-Set', 'theirs', 'X-More', '1'];
    const names = ['x-secret', 'x-forwarded-for', 'x-set', 'x-more'];
    expect(sent(names, from(fields, { rule: { ...RULE, requestHeaders } }), ALONE)).toEqual({
      'x-secret': [],
      'x-forwarded-for': [],
      'x-set': ['mine'],
      'x-more': ['1', '2'],
    });
  });

  it('V1: what is beside all others stands in their place', () => {
    const extra = ['If-None-Match', '"a"', 'If-None-Match', '"b"', 'X-Request-Id', 'i'];
    const fields = ['If-None-Match', '"c"', 'x-request-id', 'theirs'];
    expect(sent(['if-none-match', 'x-request-id'], from(fields), { ...ALONE, extra })).toEqual({
      'if-none-match': ['"a"', '"b"'],
      'x-request-id': ['i'],
    });
  });
});
