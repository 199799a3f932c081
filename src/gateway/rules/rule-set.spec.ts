import { describe, expect, it } from '@jest/globals';
import { rulesSchema } from './file-schema.js';
import { faultText } from './rule-fault.js';
import { compileRules } from './rule-set.js';
import type { RuleSurroundings } from './rule-set.js';

function faultsOf(file: object, around?: RuleSurroundings): readonly string[] {
  return compileRules({ version: 1, ...file }, rulesSchema, around).faults.map(faultText);
}

function warningsOf(file: object, around?: RuleSurroundings): readonly string[] {
  return compileRules({ version: 1, ...file }, rulesSchema, around).warnings.map(faultText);
}

const to = 'http://backend';

describe('a declaration of rules', () => {
  it('tells all its faults at once, those of its form and those of how its parts relate', () => {
    const faults = faultsOf({
      backends: { shop: { url: 'ftp://shop' }, Search: { urls: [] } },
      defaults: { backend: 'shp', freshnes: 'http' },
      rules: [
        { match: { path: 'a' } },
        { name: 'b', match: { path: '/b/**' }, backend: 'nobody' },
        { match: { path: '/b/c' }, key: { query: { olny: ['a'] } } },
        { match: { path: '/b/d' } },
        {
          name: 'b',
          match: { path: '/c', upgrade: ['websocket'] },
          freshness: 'http',
          collaps: 'off',
        },
      ],
      purge: { from: ['10.0.0.0/33'] },
    });
    expect(faults.map((fault) => fault.slice(0, fault.indexOf(';')))).toEqual([
      'backends.shop.url: "ftp://shop"',
      'backends.Search.urls: a list',
      'defaults.freshnes: "http"',
      'rules[0].match.path: "a"',
      'rules[2].key.query.olny: a list',
      'rules[4].collaps: "off"',
      'purge.from[0]: "10.0.0.0/33"',
      'defaults.backend: "shp"',
      'rules[1].backend: "nobody"',
      'rules[2].match: a mapping',
      'rules[3].match: a mapping',
      'rules[4].freshness: "http"',
      'rules[4].name: "b"',
    ]);
  });

  it.each<[object, string]>([
    [{ version: 2 }, 'version: 2; allowed: 1'],
    [{ version: undefined }, 'version: missing; allowed: 1'],
    [
      { rulse: [] },
      'rulse: a list; allowed: left out: there is no such member; did you mean "rules"? (known: version, backends, defaults, rules, purge, $schema)',
    ],
    [{ rules: null }, 'rules: nothing; allowed: a list of rules'],
    [
      { rules: [null] },
      expect.stringContaining('rules[0]: nothing; allowed: a mapping with name, match, ') as never,
    ],
    [
      { rules: [{ name: 'a b' }] },
      'rules[0].name: "a b"; allowed: 1 to 64 letters, digits, ., _ or -',
    ],
    [
      { rules: [{ match: { methods: 'get' } }] },
      'rules[0].match.methods: "get"; allowed: a method in capitals such as GET, other than CONNECT',
    ],
    [
      { rules: [{ match: { methods: ['GET', 'CONNECT'] } }] },
      'rules[0].match.methods[1]: "CONNECT"; allowed: a method in capitals such as GET, other than CONNECT',
    ],
    [
      { rules: [{ stale: { ifError: 60 } }] },
      'rules[0].stale.ifError: 60; allowed: a duration such as 500ms, 10s, 5m, 1h or 7d, from 0ms to 3650d',
    ],
    [
      { rules: [{ timeouts: { head: 0 } }] },
      'rules[0].timeouts.head: 0; allowed: a duration such as 500ms, 10s, 5m, 1h or 7d, from 1ms to 24d',
    ],
    [
      { rules: [{ timeouts: { head: '25d' } }] },
      'rules[0].timeouts.head: "25d"; allowed: a duration such as 500ms, 10s, 5m, 1h or 7d, from 1ms to 24d',
    ],
    [
      { rules: [{ timeouts: { total: 'never' } }] },
      'rules[0].timeouts.total: "never"; allowed: none, or a duration such as 30s',
    ],
    [
      { rules: [{ freshness: 'htpp' }] },
      'rules[0].freshness: "htpp"; allowed: http, none, or a mapping with fixed (and negative) or default',
    ],
    [
      { rules: [{ freshness: { fixed: '1s', default: '1s' } }] },
      'rules[0].freshness: a mapping; allowed: either fixed or default',
    ],
    [
      { rules: [{ freshness: { default: '1s', negative: '1s' } }] },
      'rules[0].freshness: a mapping; allowed: negative beside fixed alone',
    ],
    [
      { rules: [{ key: { query: { only: 'a', except: 'b' } } }] },
      'rules[0].key.query: a mapping; allowed: either only or except',
    ],
    [
      { rules: [{ key: { cookies: {} } }] },
      'rules[0].key.cookies: a mapping; allowed: either only or ignore',
    ],
    [
      { rules: [{ key: { query: { only: ['a*b'] } } }] },
      'rules[0].key.query.only[0]: "a*b"; allowed: a name, or the beginning of names with * at its end (quoted)',
    ],
    [
      { rules: [{ request: { headers: { set: { Host: 'x' } } } }] },
      'rules[0].request.headers.set.Host: "Host"; allowed: the name of a header, other than those of the connection and its framing, Host, Via, Age and Cache-Status',
    ],
    [
      { rules: [{ request: { headers: { set: { Authorization: 'secret\n' } } } }] },
      'rules[0].request.headers.set.Authorization: "…, 7 characters"; allowed: the value of a header: text without line breaks, in quotes where it looks like a number',
    ],
    [
      { rules: [{ heuristic: { fraction: 2 } }] },
      'rules[0].heuristic.fraction: 2; allowed: a number from 0 to 1',
    ],
    [{ rules: [{ deny: 200 }] }, 'rules[0].deny: 200; allowed: a whole number from 400 to 599'],
    [
      { rules: [{ deny: 404, backend: 'x', name: 'y' }] },
      'rules[0].backend: "x"; allowed: left out: the rule denies',
    ],
    [
      { rules: [{ rewrite: { strip: '/v1/' } }] },
      'rules[0].rewrite.strip: "/v1/"; allowed: whole literal segments such as /api or /api/v1, without a slash at the end',
    ],
    [
      { rules: [{ match: { path: '/:v/**' }, rewrite: { strip: '/v1' } }] },
      'rules[0].rewrite.strip: "/v1"; allowed: what match.path begins with',
    ],
    [
      { backends: { shop: {} } },
      'backends.shop: a mapping; allowed: a mapping with either url or urls',
    ],
    [
      { backends: { shop: { url: 'http://u:p/w@x/?k=s' } } },
      'backends.shop.url: "http://…@x/…"; allowed: an http: or https: URL without user, query or fragment',
    ],
    [
      { backends: { 'a b': { url: 'http://x' } } },
      'backends.a b: "a b"; allowed: 1 to 64 letters, digits, ., _ or -',
    ],
    [
      { backends: { default: { url: 'http://x' } } },
      'backends.default: "default"; allowed: another name: so the backend is called for whatever no rule is for',
    ],
    [
      { purge: {} },
      'purge: a mapping; allowed: a mapping with from, tokenFile or both: nobody else may purge',
    ],
    [
      { purge: { from: '::1', methods: ['DELETE'] } },
      'purge.methods[0]: "DELETE"; allowed: methods other than GET, HEAD, POST, PUT, DELETE, OPTIONS, TRACE, PATCH, a list or one',
    ],
    [
      { rules: [{ name: 'default', match: { path: '/a' } }] },
      'rules[0].name: "default"; allowed: a name of its own: the rule for all the rest has "default"',
    ],
    [
      { rules: [{}, { name: 'b', match: { path: '/a' } }] },
      'rules[1].match: a mapping; allowed: before rules[0], or for other requests: that one is for all of these',
    ],
    [
      { rules: [{}, { name: 'b' }] },
      'rules[1]: a mapping; allowed: before rules[0], or for other requests: that one is for all of these',
    ],
  ])('refuses %j', (file, fault) => {
    expect(faultsOf(file, { to })).toEqual([fault]);
  });

  it.each([
    ...[
      'a',
      '',
      '/a//b',
      '/./a',
      '/a/%2e%2E',
      '/a/**/b',
      '/a*',
      '/a/:',
      '/a/:1',
      '/a?b',
      '/a#b',

      '/%zz',
    ],
    ...['/%00', 'http://x/a', '/**a'],
  ])('refuses the path %j', (path) => {
    expect(faultsOf({ rules: [{ match: { path } }] }, { to })).toHaveLength(1);
  });

  it.each([
    '/',
    '/a/',
    '/a/:id/*',
    '/a.b/c~d',
    '/..a',
    '/a;b=c',
    '/@me',
    '/a%2Fb',
    '/über',
    '/a b',
  ])('takes the path %j', (path) => {
    expect(faultsOf({ rules: [{ match: { path } }] }, { to })).toEqual([]);
  });

  it('asks for a backend where there is none to fall back on', () => {
    expect(faultsOf({ rules: [{}] })).toEqual([
      'rules[0].backend: missing; allowed: a name among backends, which has none',
    ]);
    expect(faultsOf({ backends: { a: { url: to }, b: { url: to } }, rules: [{}] })).toEqual([
      'rules[0].backend: missing; allowed: one of a, b',
    ]);
    expect(faultsOf({ rules: [{ deny: 404 }] })).toEqual([]);
  });

  it('warns of what is more likely not meant', () => {
    const shop = { shop: { url: to } };
    expect(warningsOf({ backends: shop }, { to })).toEqual([
      'backends.shop: a mapping; allowed: the backend of a rule: none names it',
    ]);
    expect(warningsOf({ backends: shop, defaults: { backend: 'shop' }, rules: [{}] })).toEqual([]);
    const keyed = { rules: [{ key: { headers: ['Authorization'] } }] };
    expect(warningsOf(keyed, { to })).toEqual([]);
    expect(warningsOf(keyed, { to, trust: 'rfc' })).toEqual([
      expect.stringContaining('rules[0].key.headers: a list; allowed: without authorization'),
    ]);
    const behind = { defaults: { trust: 'rfc', key: { headers: 'authorization' } }, rules: [{}] };
    expect(warningsOf(behind, { to })).toHaveLength(1);
  });

  it('makes of purging who may, and by which methods', () => {
    const purgeOf = (purge: object) => compileRules({ version: 1, purge }, rulesSchema).set?.purge;
    expect(purgeOf({ from: ['10.0.0.0/8', '::1'] })).toEqual({
      methods: new Set(['PURGE']),
      from: ['10.0.0.0/8', '::1'],
      tokenFile: undefined,
    });
    expect(purgeOf({ tokenFile: '/t', methods: 'BAN' })).toEqual({
      methods: new Set(['BAN']),
      from: [],
      tokenFile: '/t',
    });
  });

  it('checks a thousand rules in less than a second of its own', () => {
    const rules = Array.from({ length: 1_000 }, (_, at) => ({ match: { path: `/api/${at}/**` } }));
    const before = process.cpuUsage();
    expect(faultsOf({ rules }, { to })).toEqual([]);
    expect(process.cpuUsage(before).user).toBeLessThan(1_000_000);
  });
});
