import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { pathPatternOf } from './path-pattern.js';
import { RuleTable, shadows } from './rule-table.js';
import type { RuleMatch } from './rule-table.js';

interface Named {
  readonly name: string;
  readonly match: RuleMatch;
}

function rule(path: string, methods?: readonly string[], hosts: readonly string[] = []): Named {
  const match = { path: pathPatternOf(path), methods: methods && new Set(methods), hosts };
  return { name: path, match };
}

function tableOf(...paths: readonly string[]): RuleTable<Named> {
  return new RuleTable(paths.map((path) => rule(path)));
}

describe('a table of rules', () => {
  it.each([
    ['/**', '/', true],
    ['/**', '/a/b', true],
    ['/**', '*', true],
    ['/', '/', true],
    ['/', '/a', false],
    ['/', '*', false],
    ['/a', '/a', true],
    ['/a', '/A', false],
    ['/a', '/a/', false],
    ['/a/', '/a/', true],
    ['/a/', '/a', false],
    ['/a/:id', '/a/7', true],
    ['/a/:id', '/a/', false],
    ['/a/:id', '/a/7/b', false],
    ['/a/*/c', '/a/b/c', true],
    ['/a/**', '/a', true],
    ['/a/**', '/a/', true],
    ['/a/**', '/a/b/c', true],
    ['/a/**', '/ab', false],
    ['/caf%c3%a9', '/caf%C3%A9', true],
    ['/café', '/caf%C3%A9', true],
    ['/%7euser', '/~user', true],
    ['/a%2fb', '/a%2Fb', true],
    ['/a%2fb', '/a/b', false],
    ['/@me', '/%40me', true],
    ['/%40me', '/@me', true],
    ['/a%7cb', '/a|b', true],
    ['/a/**', '/a/100%', true],
  ])('for %j asked for %j says %j', (pattern, path, isFound) => {
    expect(tableOf(pattern).find('GET', 'h', path) !== undefined).toBe(isFound);
  });

  it('takes slashes in a row for one, so that nobody gets past a rule by a second one', () => {
    const table = tableOf('/internal/**', '/**');
    for (const path of ['//internal/x', '/internal//x', '///internal', '/internal//']) {
      expect(table.find('GET', 'h', path)?.name).toBe('/internal/**');
    }
  });

  it('finds the first rule in order, however precise a later one is', () => {
    expect(tableOf('/a/:id', '/a/b', '/**').find('GET', 'h', '/a/b')?.name).toBe('/a/:id');
    expect(tableOf('/a/b', '/a/:id', '/**').find('GET', 'h', '/a/b')?.name).toBe('/a/b');
    expect(tableOf('/**', '/a/b').find('GET', 'h', '/a/b')?.name).toBe('/**');
  });

  it('goes on where the method is not one of a rule', () => {
    const table = new RuleTable([rule('/a', ['POST']), rule('/a', ['GET']), rule('/*')]);
    expect(table.find('GET', 'h', '/a')).toBe(table.rules[1]);
    expect(table.find('PATCH', 'h', '/a')).toBe(table.rules[2]);
    expect(table.find('PATCH', 'h', '/a/b')).toBeUndefined();
  });

  it.each([
    ['shop.example', 'shop.example', true],
    ['shop.example', 'shop.example:8080', true],
    ['shop.example:8080', 'shop.example:8080', true],
    ['shop.example:8080', 'shop.example', false],
    ['*.shop.example', 'a.shop.example', true],
    ['*.shop.example', 'a.b.shop.example:81', true],
    ['*.shop.example', 'shop.example', false],
    ['*.shop.example', 'ashop.example', false],
    ['*.shop.example:81', 'a.shop.example:81', true],
    ['*.shop.example:81', 'a.shop.example', false],
    ['[::1]', '[::1]', true],
    ['[::1]', '[::1]:8080', true],
    ['shop.example', '', false],
  ])('for the host %j asked for %j says %j', (pattern, host, isFound) => {
    const table = new RuleTable([rule('/**', undefined, [pattern])]);
    expect(table.find('GET', host, '/a') !== undefined).toBe(isFound);
  });

  it('keeps the order among rules for hosts, for domains and for any', () => {
    const rules = [
      rule('/a', undefined, ['x.example']),
      rule('/*', undefined, ['*.example']),
      rule('/**'),
      rule('/a', undefined, ['y.example']),
    ];
    const table = new RuleTable(rules);
    expect(table.find('GET', 'x.example', '/a')).toBe(rules[0]);
    expect(table.find('GET', 'x.example', '/b')).toBe(rules[1]);
    expect(table.find('GET', 'x.example', '/b/c')).toBe(rules[2]);
    expect(table.find('GET', 'y.example', '/a')).toBe(rules[1]);
    expect(table.find('GET', 'other', '/a')).toBe(rules[2]);
  });

  const segment = fc.constantFrom('a', 'b', 'c');
  const patterns = fc
    .tuple(fc.array(fc.oneof(segment, fc.constantFrom('*', ':x')), { maxLength: 4 }), fc.boolean())
    .map(([segments, open]) => `/${[...segments, ...(open ? ['**'] : [])].join('/')}`);
  const paths = fc
    .array(fc.oneof(segment, fc.constantFrom('d', '')), { maxLength: 5 })
    .map((segments) => `/${segments.join('/')}`);
  const methods = fc.constantFrom('GET', 'HEAD', 'POST');
  const hosts = fc.constantFrom('x.test', 'a.x.test', 'a.x.test:81', 'y.test:81', 'z');
  const hostPatterns = fc.constantFrom('x.test', '*.x.test', '*.test', '*.test:81', 'y.test:81');
  const rules = fc.record({
    path: patterns,
    methods: fc.option(fc.uniqueArray(methods, { minLength: 1 }), { nil: undefined }),
    hosts: fc.uniqueArray(hostPatterns, { maxLength: 2 }),
  });

  it('finds what one finds who asks rule by rule', () => {
    fc.assert(
      fc.property(
        fc.array(rules, { maxLength: 12 }),
        methods,
        hosts,
        paths,
        (all, method, host, path) => {
          const table = new RuleTable(all.map((it) => rule(it.path, it.methods, it.hosts)));
          const first = all.findIndex(
            (it) =>
              (it.methods?.includes(method) ?? true) &&
              (it.hosts.length === 0 || it.hosts.some((pattern) => isOfHost(pattern, host))) &&
              isOfPath(it.path, path),
          );
          expect(table.find(method, host, path)).toBe(table.rules[first]);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('never finds a rule that one before it shadows', () => {
    fc.assert(
      fc.property(rules, rules, methods, hosts, paths, (first, second, method, host, path) => {
        const all = [first, second].map((it) => rule(it.path, it.methods, it.hosts)) as [
          Named,
          Named,
        ];
        if (!shadows(all[0].match, all[1].match)) return;
        expect(new RuleTable(all).find(method, host, path)).not.toBe(all[1]);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['/**', '/a', true],
    ['/a/**', '/a', true],
    ['/a/**', '/a/**', true],
    ['/a/**', '/**', false],
    ['/a/:id', '/a/7', true],
    ['/a/:id', '/a/', false],
    ['/a/7', '/a/:id', false],
    ['/a/*', '/a/**', false],
  ])('tells whether %j leaves nothing to %j: %j', (first, second, isShadow) => {
    expect(shadows(rule(first).match, rule(second).match)).toBe(isShadow);
  });

  it('leaves to a rule what the one before it says of methods and hosts', () => {
    const shadowed = (first: Named, second: Named) => shadows(first.match, second.match);
    expect(shadowed(rule('/a', ['GET']), rule('/a'))).toBe(false);
    expect(shadowed(rule('/a', ['GET', 'PUT']), rule('/a', ['PUT']))).toBe(true);
    expect(shadowed(rule('/a', undefined, ['x']), rule('/a'))).toBe(false);
    expect(shadowed(rule('/a', undefined, ['*.x']), rule('/a', undefined, ['a.x:81']))).toBe(true);
    expect(shadowed(rule('/a', undefined, ['x:81']), rule('/a', undefined, ['x']))).toBe(false);
  });
});

/** What a pattern says, read as slowly and plainly as one can. */
function isOfPath(pattern: string, path: string): boolean {
  const source = pattern
    .slice(1)
    .split('/')
    .map((part) => {
      if (part === '**') return '(?:/.*)?';
      return part === '*' || part.startsWith(':') ? '/[^/]+' : `/${part}`;
    })
    .join('');
  return new RegExp(`^${source}$`).test(path.replace(/\/+/g, '/'));
}

function isOfHost(pattern: string, host: string): boolean {
  const source = pattern.replaceAll('.', '\\.').replace('*', '.+');
  return (
    new RegExp(`^${source}$`).test(host) ||
    new RegExp(`^${source}$`).test(host.replace(/:\d+$/, ''))
  );
}
