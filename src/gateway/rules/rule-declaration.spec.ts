import { describe, expect, it } from '@jest/globals';
import type { z } from 'zod';
import { InvalidOptionError } from '../../ground/index.js';
import type { backendSchema, purgeSchema } from './file-schema.js';
import { defineRule, rulesOf } from './rule-declaration.js';
import type {
  BackendDeclaration,
  GatewayRules,
  PurgeDeclaration,
  RuleDeclaration,
} from './rule-declaration.js';
import type { ruleSchema } from './rule-schema.js';
import type { ForwardRule } from './rule.js';

// Whatever the types allow, the schemas take: this file does not compile where they part.
const taken: [
  (rule: RuleDeclaration) => z.input<typeof ruleSchema>,
  (backend: BackendDeclaration) => z.input<typeof backendSchema>,
  (purge: PurgeDeclaration) => z.input<typeof purgeSchema>,
] = [(rule) => rule, (backend) => backend, (purge) => purge];

/** And whatever the schema knows, the types know. */
const known:
  | (Record<keyof z.input<typeof ruleSchema>, keyof RuleDeclaration> &
      Record<keyof z.input<typeof backendSchema>, keyof BackendDeclaration>)
  | undefined = undefined;

/** The first of the rules, made of these members. */
function ruleOf(rule: RuleDeclaration, beside: GatewayRules = {}): ForwardRule {
  const set = rulesOf({ to: 'http://backend', ...beside, rules: [rule] });
  const [first] = set.table.rules;
  if (first?.deny !== undefined || first === undefined) throw new Error('it denies');
  return first;
}

function errorOf(run: () => unknown): InvalidOptionError {
  try {
    run();
  } catch (error) {
    if (error instanceof InvalidOptionError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('rules in code', () => {
  it('are what the schemas know', () => {
    expect(taken).toHaveLength(3);
    expect(known).toBeUndefined();
  });

  it('have defaults for all that they do not say', () => {
    const { match, key, backend, cacheName, ...rule } = ruleOf({});
    expect(rule).toEqual({
      name: '/**',
      deny: undefined,
      host: 'client',
      upgrades: new Set(),
      rewrite: undefined,
      freshness: { kind: 'http', defaultMs: undefined },
      staleWhileRevalidateMs: 0,
      staleIfErrorMs: 60_000,
      heuristic: { fraction: 0.1, maxMs: 3_600_000 },
      collapse: { waitMaxMs: 5_000 },
      wholeRanges: false,
      trust: 'guarded',
      clientRefresh: 'never',
      targets: ['cdn-cache-control'],
      tagHeader: undefined,
      maxEntryBytes: 4_194_304,
      circuit: 'backend:default',
      timeouts: { connectMs: 1_000, headMs: 5_000, idleMs: 30_000, totalMs: undefined },
      connectionRetries: 1,
      requestHeaders: undefined,
      responseHeaders: undefined,
      maxRequestBytes: 0,
    });
    expect(match).toEqual({
      path: { text: '/**', segments: [], open: true },
      methods: undefined,
      hosts: [],
    });
    expect(key.isPlain).toBe(true);
    expect(backend.urls).toEqual(['http://backend']);
    expect(cacheName).toMatch(/^\/\*\*~[\da-f]{8}$/);
  });

  it('say themselves what they say', () => {
    const rule = ruleOf({
      name: 'all',
      match: { path: '/v1/:x/**', methods: 'GET', host: 'Shop.Example' },
      host: 'other.example',
      rewrite: { strip: '/v1', add: '/api/v2' },
      key: { headers: 'X-Currency', cookies: { only: ['currency'] }, query: { sort: true } },
      freshness: { fixed: '2m', negative: '1s' },
      stale: { whileRevalidate: '30s', ifError: 0 },
      heuristic: 'off',
      collapse: { waitMax: '2s' },
      ranges: 'whole',
      trust: 'rfc',
      clientRefresh: 'trusted',
      targets: ['Breakwater-Cache-Control', 'CDN-Cache-Control'],
      tags: { header: 'Surrogate-Key' },
      maxEntryBytes: 5,
      circuit: 'mine',
      timeouts: { total: '1m', head: '7s' },
      retries: { connection: 0 },
      request: { headers: { set: { 'X-A': '1' }, remove: ['X-B'] }, maxBodyBytes: 9 },
      response: { headers: { add: { 'X-C': '2' } } },
    });
    expect(rule).toMatchObject({
      name: 'all',
      host: { name: 'other.example' },
      rewrite: { strip: 1, add: '/api/v2' },
      freshness: { kind: 'fixed', freshMs: 120_000, negativeMs: 1_000 },
      staleWhileRevalidateMs: 30_000,
      staleIfErrorMs: 0,
      heuristic: undefined,
      collapse: { waitMaxMs: 2_000 },
      wholeRanges: true,
      trust: 'rfc',
      clientRefresh: 'trusted',
      targets: ['breakwater-cache-control', 'cdn-cache-control'],
      tagHeader: 'surrogate-key',
      maxEntryBytes: 5,
      circuit: 'mine',
      timeouts: { connectMs: 1_000, headMs: 7_000, totalMs: 60_000 },
      connectionRetries: 0,
      requestHeaders: { dropped: new Set(['x-b', 'x-a']), appended: ['X-A', '1'] },
      responseHeaders: { dropped: new Set(), appended: ['X-C', '2'] },
      maxRequestBytes: 9,
    });
    expect(rule.match.hosts).toEqual(['shop.example']);
    expect(rule.match.methods).toEqual(new Set(['GET', 'HEAD']));
    expect(rule.key.headers).toEqual(['x-currency']);
  });

  it('are checked where they are defined, and are what was given', () => {
    const declared = { match: { path: '/legacy/**' }, freshness: 'http' } as const;
    expect(defineRule(declared)).toBe(declared);
    expect(errorOf(() => defineRule({ name: 'prices', frehsness: 'http' }))).toMatchObject({
      path: 'rules.prices.frehsness',
      value: 'http',
      expected: expect.stringMatching(
        /^left out: there is no such member; did you mean "freshness"\? \(known: name/,
      ),
    });
    expect(errorOf(() => defineRule({ match: { path: 'x' } })).path).toBe('rule.match.path');
    expect(errorOf(() => defineRule(7 as unknown as object)).path).toBe('rule');
    expect(errorOf(() => defineRule(undefined as unknown as object)).path).toBe('rule');
  });

  it.each<[GatewayRules, string, unknown]>([
    [{ to: 'http://user:secret@x' }, 'gateway.to', 'http://…@x'],
    [{ to: 'x', trust: 'all' as never }, 'gateway.to', 'x'],
    [{ trust: 'all' as never }, 'gateway.trust', 'all'],
    [{ host: '*.x' }, 'gateway.host', '*.x'],
    [{ defaultFresh: '1x' as never }, 'gateway.defaultFresh', '1x'],
    [{ rules: [{ backend: 'shop' }] }, 'gateway.rules[0].backend', 'shop'],
    [{ rules: 7 as never }, 'gateway.rules', 7],
    [{ to: 'http://x', purge: {} }, 'gateway.purge', {}],
    [
      { to: 'http://x', backends: { default: { url: 'http://y' } } },
      'gateway.backends.default',
      'default',
    ],
  ])('refuse %j at %s', (options, path, value) => {
    expect(errorOf(() => rulesOf(options))).toMatchObject({ path, value });
  });

  it('lead with `to` alone everything to one backend', () => {
    const { table, isStrict, backends, circuits, purge } = rulesOf({ to: 'https://b/v1/' });
    expect(isStrict).toBe(true);
    expect(rulesOf({ to: 'https://b/' }).isStrict).toBe(false);
    expect(table.find('POST', 'any', '/a')).toBe(table.rules[0]);
    expect(table.rules[0]).toMatchObject({ name: 'default', host: 'backend' });
    expect(backends.get('default')?.urls).toEqual(['https://b/v1']);
    expect([...circuits]).toEqual([
      [
        'backend:default',
        expect.objectContaining({ failures: 5, cooldownMs: 5_000, statuses: undefined }),
      ],
    ]);
    expect(purge).toBeUndefined();
    expect(rulesOf({}).table.rules).toEqual([]);
  });

  it('take from what is set beside them what they leave open', () => {
    const beside: GatewayRules = { trust: 'rfc', host: 'backend', defaultFresh: '1s' };
    expect(ruleOf({}, beside)).toMatchObject({
      trust: 'rfc',
      host: 'backend',
      freshness: { kind: 'http', defaultMs: 1_000 },
    });
    const own: RuleDeclaration = { trust: 'guarded', host: 'client', freshness: { default: 0 } };
    expect(ruleOf(own, beside)).toMatchObject({
      trust: 'guarded',
      host: 'client',
      freshness: { kind: 'http', defaultMs: 0 },
    });
  });
});

describe('the defaults of rules', () => {
  const backends = { shop: { url: 'http://shop', timeouts: { head: '3s', idle: '9s' } } } as const;

  it('stand behind each member of a group, and the backend before them in its timeouts', () => {
    const defaults: GatewayRules['defaults'] = {
      backend: 'shop',
      stale: { whileRevalidate: '5s', ifError: '7s' },
      key: { host: false, headers: ['x-a'] },
      timeouts: { head: '1s', total: '9s', connect: '2s' },
      request: { maxBodyBytes: 5, headers: { remove: 'x-b' } },
      retries: { connection: 3 },
      heuristic: { fraction: 0.5 },
    };
    const rule = ruleOf(
      {
        stale: { ifError: '1s' },
        key: { query: 'none' },
        timeouts: { idle: '1s' },
        heuristic: { max: '1m' },
      },
      { backends, defaults },
    );
    expect(rule).toMatchObject({
      staleWhileRevalidateMs: 5_000,
      staleIfErrorMs: 1_000,
      timeouts: { connectMs: 2_000, headMs: 3_000, idleMs: 1_000, totalMs: 9_000 },
      connectionRetries: 3,
      maxRequestBytes: 5,
      heuristic: { fraction: 0.5, maxMs: 60_000 },
      circuit: 'backend:shop',
    });
    expect(rule.key.settings).toMatchObject({ host: false, query: 'none', headers: ['x-a'] });
    expect(ruleOf({ heuristic: 'off' }, { backends, defaults }).heuristic).toBeUndefined();
    const off = { ...defaults, heuristic: 'off' } as const;
    expect(ruleOf({}, { backends, defaults: off }).heuristic).toBeUndefined();
    expect(ruleOf({ heuristic: {} }, { backends, defaults: off }).heuristic?.fraction).toBe(0.1);
    expect(
      ruleOf({ timeouts: { total: 'none' } }, { backends, defaults }).timeouts.totalMs,
    ).toBeUndefined();
  });

  it('collapse nothing of a rule that keeps nothing, unless that says so', () => {
    const defaults: GatewayRules['defaults'] = { collapse: { waitMax: '2s' } };
    expect(ruleOf({ freshness: 'none' }).collapse).toBeUndefined();
    expect(ruleOf({ freshness: 'none' }, { defaults }).collapse).toBeUndefined();
    expect(ruleOf({ freshness: 'none', collapse: 'auto' }).collapse).toEqual({ waitMaxMs: 5_000 });
    const none = { ...defaults, freshness: 'none' } as const;
    expect(ruleOf({}, { defaults: none }).collapse).toEqual({ waitMaxMs: 2_000 });
    expect(ruleOf({ collapse: 'off' }, { defaults: none }).collapse).toBeUndefined();
  });

  it('keep nothing of a rule that switches connections', () => {
    const rule = { match: { upgrade: 'WebSocket' } };
    expect(ruleOf(rule, { defaults: { freshness: 'http' } }).freshness).toEqual({ kind: 'none' });
    expect(ruleOf(rule).upgrades).toEqual(new Set(['websocket']));
  });

  it('know circuits by names, the own one of a backend by its name', () => {
    const set = rulesOf({
      backends: {
        shop: { url: 'http://shop', circuit: { failures: 2, statuses: [503] } },
        open: { url: 'http://open', circuit: 'off' },
      },
      rules: [
        { name: 'a', match: { path: '/a' }, backend: 'shop' },
        { name: 'b', match: { path: '/b' }, backend: 'shop', circuit: 'payments' },
        { name: 'c', match: { path: '/c' }, backend: 'open' },
        { name: 'd', match: { path: '/d' }, backend: 'open', circuit: 'own' },
        { name: 'e', match: { path: '/e' }, backend: 'shop', circuit: 'off' },
      ],
    });
    const circuits = set.table.rules.map((rule) => (rule as ForwardRule).circuit);
    expect(circuits).toEqual(['backend:shop', 'payments', undefined, 'own', undefined]);
    expect(set.circuits.get('payments')).toMatchObject({ failures: 2, statuses: new Set([503]) });
    expect(set.circuits.get('own')).toMatchObject({ failures: 5, cooldownMs: 5_000 });
  });
});

describe('the cache of a rule', () => {
  const base: RuleDeclaration = { name: 'a', freshness: { fixed: '1s' } };
  const nameOf = (rule: RuleDeclaration, beside?: GatewayRules) =>
    ruleOf({ ...base, ...rule }, beside).cacheName;
  const name = nameOf({});

  it('keeps its name while name, key, target and kind of freshness are the same', () => {
    expect(nameOf({ freshness: { fixed: '9s' } })).toBe(name);
    expect(nameOf({ stale: { ifError: 0 }, timeouts: { head: '1s' }, key: { host: true } })).toBe(
      name,
    );
    expect(nameOf({ match: { path: '/a/**' } })).toBe(name);
  });

  it('has another one with another key, target or kind of freshness', () => {
    const names = [
      name,
      nameOf({ name: 'b' }),
      nameOf({ key: { headers: 'x' } }),
      nameOf({ key: { query: { only: 'a' } } }),
      nameOf({ freshness: 'http' }),
      nameOf({ rewrite: { add: '/x' } }),
      nameOf({ host: 'backend' }),
      nameOf({ request: { headers: { set: { Authorization: 'x' } } } }),
      nameOf({}, { to: 'http://other' }),
      nameOf({ backend: 'b' }, { backends: { b: { url: 'http://backend' } } }),
    ];
    expect(new Set(names).size).toBe(names.length);
  });

  it('is that of a backend, under however many addresses that is called in turn', () => {
    const named = (...urls: readonly string[]) =>
      nameOf({ backend: 'b' }, { backends: { b: { urls } } });
    expect(named('http://a', 'http://b')).toBe(named('http://a', 'http://c', 'http://d'));
  });
});
