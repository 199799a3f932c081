import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RuleFileError, parseRuleFile, readRuleFile } from './rule-file.js';
import type { RuleFile } from './rule-file.js';
import type { RuleSurroundings } from './rule-set.js';

/** What is in a file, without the margin that it has here. */
function yaml(text: string): string {
  return text.replace(/^\n/, '').replaceAll(/^ {4}/gm, '');
}

function problemsOf(
  text: string,
  around: RuleSurroundings = { to: 'http://b' },
): readonly string[] {
  try {
    parseRuleFile(yaml(text), 'rules.yaml', around);
  } catch (error) {
    if (error instanceof RuleFileError) return error.problems;
    throw error;
  }
  return [];
}

const EXAMPLE = `
    version: 1
    backends:
      shop:   { url: http://shop:8080, circuit: { failures: 5, cooldown: 5s }, timeouts: { connect: 1s, head: 5s, idle: 30s } }
      search: { urls: [http://s1:9200, http://s2:9200] }
    defaults: { backend: shop, freshness: http, trust: guarded }
    rules:
      - name: catalogue
        match: { path: /catalogue/**, methods: [GET, HEAD], host: [shop.example, '*.shop.example'] }
        key: { query: { only: [page, sort] }, headers: [X-Currency], cookies: { ignore: ['_ga*'] } }
        stale: { whileRevalidate: 30s, ifError: 10m }
        tags: { header: Surrogate-Key }
      - name: prices
        match: { path: /prices/:sku }
        backend: search
        freshness: { fixed: 10s }
        stale: { whileRevalidate: 50s }
      - name: live
        match: { path: /live/**, upgrade: [websocket] }
        freshness: none
      - name: internal
        match: { path: /internal/** }
        deny: 404
    purge: { methods: [PURGE], from: [10.0.0.0/8], tokenFile: secrets/purge }
`;

describe('a rule file', () => {
  it('becomes rules in their order, last the one for all the rest', () => {
    const { set, warnings, version } = parseRuleFile(yaml(EXAMPLE), '/etc/gw/rules.yaml', {
      to: 'http://rest',
    });
    expect(set.table.rules.map(({ name }) => name)).toEqual([
      ...['catalogue', 'prices', 'live', 'internal', 'default'],
    ]);
    expect(set.table.find('GET', 'a.shop.example', '/catalogue/7')?.name).toBe('catalogue');
    expect(set.table.find('GET', 'shop', '/internal')?.deny).toBe(404);
    expect([...set.backends.keys()]).toEqual(['shop', 'search', 'default']);
    expect(set.purge?.tokenFile).toBe('/etc/gw/secrets/purge');
    expect(warnings).toEqual([]);
    expect(version).toMatch(/^[\da-f]{12}$/);
  });

  it('may be JSON', () => {
    const text = JSON.stringify({ version: 1, rules: [{ deny: 404 }], purge: { from: ['::1'] } });
    expect(parseRuleFile(text, 'r.json').set.table.rules).toHaveLength(1);
  });

  it('tells all that is wrong with it at once, each where it stands', () => {
    expect(
      problemsOf(`
    version: 1
    backends:
      shop: { url: shop:8080 }
    rules:
      - name: a
        match: { path: /a/**, host: *.shop.example }
        freshnes: http
      - name: b
        match:
          path: /a/b
        key: { query: { only: [page], sort: yes } }
      - backend: shpo
        match: { path: /c }
        timeouts: { head: 5 }
        timeouts: { head: 5s }
      - deny: 404
    pruge: {}
`),
    ).toEqual([
      'rules.yaml:3:16 backends.shop.url: "shop:8080"; allowed: an http: or https: URL without user, query or fragment',
      'rules.yaml:6:33 *.shop.example; allowed: in quotes, for it is text',
      expect.stringMatching(
        /^rules\.yaml:7:15 rules\[0\]\.freshnes: "http"; allowed: left out: there is no such member; did you mean "freshness"\?/,
      ),
      'rules.yaml:11:41 rules[1].key.query.sort: "yes"; allowed: true or false',
      'rules.yaml:12:14 rules[2].backend: "shpo"; allowed: one of shop, default',
      'rules.yaml:15:5 the same member twice',
      expect.stringMatching(
        /^rules\.yaml:17:1 pruge: a mapping; allowed: left out: .*did you mean "purge"\?/,
      ),
    ]);
  });

  it.each([
    [
      '',
      [
        'rules.yaml:1:1 nothing; allowed: a mapping with version, backends, defaults, rules, purge, $schema',
      ],
    ],
    ['rules: []', ['rules.yaml:1:1 version: missing; allowed: 1']],
    [
      '- 1',
      [
        'rules.yaml:1:1 a list; allowed: a mapping with version, backends, defaults, rules, purge, $schema',
      ],
    ],
    [
      'version: 1\nrules: [{ deny: 404 ]',
      [expect.stringMatching(/^rules\.yaml:2:\d+ no YAML: /), expect.stringMatching(/no YAML/)],
    ],
    [
      'version: 1\n---\nversion: 1',
      [expect.stringMatching(/^rules\.yaml:2:1 no YAML: .*multiple documents/)],
    ],
    ['version: 1\n\trules: []', [expect.stringMatching(/^rules\.yaml:\d:\d+ no YAML: /)]],
    [
      'version: 1\nrules:\n  - 7',
      [expect.stringMatching(/^rules\.yaml:3:5 rules\[0\]: 7; allowed: a mapping with name/)],
    ],
    [
      'version: 1\nrules:\n  - rewrite: { strip: /b }',
      ['rules.yaml:3:23 rules[0].rewrite.strip: "/b"; allowed: what match.path begins with'],
    ],
  ])('of %j says %j', (text, problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });

  it('may name what stands elsewhere in it, and is refused where that explodes', () => {
    const said = problemsOf(`
    version: 1
    rules:
      - { match: &m { path: /a }, deny: 404 }
      - { name: b, match: *m, deny: 404 }
`);
    expect(said).toEqual([
      expect.stringMatching(
        /^rules\.yaml:4:16 rules\[1\]\.match: a mapping; allowed: before rules\[0\]/,
      ),
    ]);
    const lists = Array.from(
      { length: 9 },
      (_, at) => `l${at + 1}: &l${at + 1} [${`*l${at},`.repeat(9)}]`,
    );
    expect(problemsOf(`l0: &l0 [x]\n${lists.join('\n')}`)).toEqual([
      expect.stringMatching(/^rules\.yaml no YAML: Excessive alias count/),
    ]);
  });

  it('warns of what is more likely not meant, where that stands', () => {
    const { warnings } = parseRuleFile(
      yaml(`
    version: 1
    backends:
      shop: { url: !web http://shop }
`),
      'rules.yaml',
      { to: 'http://b' },
    );
    expect(warnings).toEqual([
      'rules.yaml:3:3 backends.shop: a mapping; allowed: the backend of a rule: none names it',
      'rules.yaml:3:16 Unresolved tag: !web',
    ]);
  });

  describe('on disk', () => {
    let folder: string;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'breakwater-rules-'));
    });
    afterAll(() => rm(folder, { recursive: true }));

    it('is read with its path, and a file that is none is told of', async () => {
      const file = join(folder, 'rules.yaml');
      await writeFile(file, 'version: 1');
      const { set, version }: RuleFile = await readRuleFile(file);
      expect(set.table.rules).toEqual([]);
      await writeFile(file, 'version: 1 # changed');
      expect((await readRuleFile(file)).version).not.toBe(version);

      const problemsOfFile = (path: string) =>
        readRuleFile(path).then(
          () => undefined,
          (error: unknown) => {
            const { code, problems } = error as RuleFileError;
            return [code, ...problems];
          },
        );
      expect(await problemsOfFile(`${file}.away`)).toEqual([
        'BREAKWATER_RULE_FILE',
        `${file}.away cannot be read: ENOENT`,
      ]);
      expect(await problemsOfFile(folder)).toEqual([
        'BREAKWATER_RULE_FILE',
        `${folder} cannot be read: it is no file`,
      ]);
      await writeFile(file, `version: 1 #${' '.repeat(9 * 2 ** 20)}`);
      expect(await problemsOfFile(file)).toEqual([
        'BREAKWATER_RULE_FILE',
        `${file} cannot be read: it has more than 8388608 bytes`,
      ]);
    });
  });
});
