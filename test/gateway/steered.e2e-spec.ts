import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { LoggerService } from '@nestjs/common';
import type { AdminSnapshot, RuleSnapshot } from '../../src/admin/index.js';
import type { Reply, RequestOptions } from '../support/http-client.js';
import { eventually } from '../support/process-fixtures.js';
import { describeInside, Fixtures } from '../support/running-service.js';
import type { RunningService } from '../support/running-service.js';
import type { ScriptedBackend } from '../support/scripted-backend.js';

const FRESH = { 'Cache-Control': 'max-age=60' };
const TOKEN = 'a-token-of-operators-0123456789';

/** What was logged, as objects. */
class LinesLogger implements LoggerService {
  readonly lines: Record<string, unknown>[] = [];
  readonly log = (message: unknown): void => this.add(message);
  readonly warn = (message: unknown): void => this.add(message);
  readonly error = (message: unknown): void => this.add(message);

  named(event: string): Record<string, unknown>[] {
    return this.lines.filter((line) => line['event'] === event);
  }

  private add(message: unknown): void {
    this.lines.push(typeof message === 'object' ? { ...message } : { message });
  }
}

const fixtures = new Fixtures('express', 'after all tests');
const logger = new LinesLogger();
let folder: string;
let file: string;
let backend: ScriptedBackend;
let service: RunningService;

const rulesWith = (circuit: string, ...rules: readonly string[]) => `version: 1
backends: { shop: { url: '${backend.url}', circuit: ${circuit} } }
defaults: { backend: shop }
rules:
  - { name: internal, match: { path: /internal/** }, deny: 403 }
  - { name: catalogue, match: { path: /catalogue/** }, key: { query: { only: page } } }
${rules.map((rule) => `  - ${rule}\n`).join('')}`;

const CIRCUIT = '{ failures: 5, cooldown: 60s }';
const TAGGED = '{ name: tagged, match: { path: /tagged/** }, tags: { header: Surrogate-Key } }';
const PASSED = '{ match: { path: /passed/:id }, freshness: none }';

/** Writes the rules, and waits until the service says what has become of them. */
async function reload(rules: string, event: string): Promise<void> {
  const before = logger.named(event).length;
  await writeFile(`${file}.new`, rules);
  await rename(`${file}.new`, file);
  process.emit('SIGHUP');
  await eventually(event, () => Promise.resolve(logger.named(event).length > before));
}

const SHOWN = { authorization: `Bearer ${TOKEN}` };

/** What the operators' API says, to who shows the token. */
async function told<Told = Record<string, unknown>>(path: string): Promise<Told> {
  const { text } = await ask(path, { headers: SHOWN });
  return JSON.parse(text) as Told;
}

const explained = (url: string, more = ''): Promise<Record<string, unknown>> =>
  told(`/admin/explain?url=${encodeURIComponent(url)}${more}`);

const order = (content: unknown): Promise<Reply> =>
  ask('/admin/purge', {
    method: 'POST',
    headers: { ...SHOWN, 'content-type': 'application/json' },
    body: JSON.stringify(content),
  });

const ask = (path: string, options: RequestOptions = {}): Promise<Reply> =>
  service.get(path, options);

/** Values by name and labels, as the page says them. */
async function page(): Promise<ReadonlyMap<string, number>> {
  const { text } = await ask('/metrics');
  const lines = text.split('\n').filter((line) => line.startsWith('breakwater_'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

const requests = (rule: string, result: string, tier: string, role: string): string =>
  `breakwater_gateway_requests_total{rule="${rule}",result="${result}",tier="${tier}",role="${role}"}`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'breakwater-steered-'));
  file = join(folder, 'rules.yaml');
  backend = await fixtures.backend();
  await writeFile(file, rulesWith(CIRCUIT, TAGGED, PASSED));
  service = await fixtures.service(backend, {
    logger,
    env: {
      PROXY_RULES: file,
      PROXY_TO: backend.url,
      ADMIN_TOKEN: TOKEN,
      HEALTH_DETAILS: 'full',
    },
  });
});

afterAll(() => rm(folder, { recursive: true }));

// What has become of a rule file, a logger in this process keeps.
describeInside('/metrics of a gateway', () => {
  it('counts requests by rule and by what they came to, and what they have saved', async () => {
    const before = await page();
    backend.on('/catalogue/1', { headers: FRESH, body: 'one' });
    for (let request = 0; request < 3; request++) await ask('/catalogue/1');
    await ask('/passed/1');
    await ask('/internal/1');
    await ask('/tagged/1', { method: 'POST', body: 'x' });
    const values = await page();
    expect(values.get(requests('catalogue', 'miss', 'none', 'led'))).toBe(1);
    expect(values.get(requests('catalogue', 'hit', 'memory', 'none'))).toBe(2);
    expect(values.get(requests('/passed/:id', 'bypass', 'none', 'led'))).toBe(1);
    expect(values.get(requests('tagged', 'bypass', 'none', 'led'))).toBe(1);
    expect(values.get(requests('internal', 'denied', 'none', 'none'))).toBe(1);
    const of = 'route="catalogue",status="200"';
    expect(values.get(`breakwater_http_requests_total{${of}}`)).toBe(3);
    const saved = 'breakwater_backend_calls_saved_total';
    expect((values.get(saved) ?? 0) - (before.get(saved) ?? 0)).toBe(2);
    const hits = 'cache="rule:catalogue",result="hit",tier="memory"';
    expect(values.get(`breakwater_cache_lookups_total{${hits}}`)).toBe(2);
  });

  it('counts each request once, though an answer has variants: 12 clients, 3 languages, 3 calls, 9 saved', async () => {
    const before = await page();
    backend.on('/catalogue/languages', {
      headers: { ...FRESH, Vary: 'Accept-Language' },
      body: 'x',
      delay: 300,
    });
    const languages = Array.from({ length: 12 }, (_, client) => ['de', 'en', 'fr'][client % 3]);
    const replies = await Promise.all(
      languages.map((language = '') =>
        ask('/catalogue/languages', { headers: { 'Accept-Language': language } }),
      ),
    );
    expect(replies.map(({ status }) => status)).toEqual(languages.map(() => 200));
    const values = await page();
    const grown = (name: string) => (values.get(name) ?? 0) - (before.get(name) ?? 0);
    expect(grown('breakwater_backend_calls_total{outcome="answered"}')).toBe(3);
    expect(grown('breakwater_backend_calls_saved_total')).toBe(9);
  });

  it('is no larger for thousands of keys, hosts and paths, nor for rules that change again and again', async () => {
    const told = async () => (await ask('/metrics')).text.split('\n');
    const drive = async (from: number, count: number) => {
      for (let n = from; n < from + count; n += 20) {
        await Promise.all(
          Array.from({ length: 20 }, (_, at) =>
            ask(`/${['catalogue', 'passed', 'rest', 'internal'][at % 4]}/key-${n + at}?page=${n}`, {
              headers: { Host: `host-${n + at}.example`, 'X-Secret': `secret-${n}` },
            }),
          ),
        );
      }
    };
    await drive(0, 20);
    await reload(`${rulesWith(CIRCUIT, TAGGED, PASSED)}#\n`, 'rules.loaded');
    const before = await told();
    await drive(1_000, 3_000);
    for (let change = 0; change < 5; change++) {
      const kept = `{ name: kept, match: { path: /kept/** }, key: { headers: [X-${change}] } }`;
      await reload(rulesWith(CIRCUIT, TAGGED, PASSED, kept), 'rules.loaded');
      await ask('/kept/1');
    }
    const after = await told();
    const about = (lines: readonly string[]) =>
      lines.filter((line) => !/"(?:rule:)?kept"|bucket/.test(line)).length;
    // What comes for the first time and is of few kinds has a line then: a kind of collection, a way to be answered.
    expect(about(after) - about(before)).toBeLessThan(30);
    const caches = after.filter((line) => line.includes('breakwater_cache_loads_total{'));
    expect(caches.filter((line) => line.includes('rule:kept'))).toHaveLength(1);
    expect(after.join('\n')).not.toMatch(/key-\d|host-\d|secret|127\.0\.0\.1/);
    const values = await page();
    expect(values.get('breakwater_cache_loads_total{cache="rule:kept"}')).toBe(5);
  });

  it('says whether the rule file is valid, and which rules are used since when', async () => {
    await reload(rulesWith(CIRCUIT, TAGGED, PASSED), 'rules.loaded');
    const valid = await page();
    expect(valid.get('breakwater_rules_valid')).toBe(1);
    const loaded = valid.get('breakwater_rules_reloads_total{result="loaded"}') ?? 0;
    expect(loaded).toBeGreaterThan(0);
    await reload('version: 1\nrules: [{ deny: 200 }]\n', 'rules.invalid');
    const broken = await page();
    expect(broken.get('breakwater_rules_valid')).toBe(0);
    expect(broken.get('breakwater_rules_reloads_total{result="invalid"}')).toBe(1);
    const infos = (values: ReadonlyMap<string, number>) =>
      [...values.keys()].filter((name) => name.startsWith('breakwater_rules_info'));
    expect(infos(broken)).toEqual(infos(valid));
    expect(infos(valid)).toHaveLength(1);
    const since = valid.get('breakwater_rules_loaded_timestamp_seconds') ?? 0;
    expect(Math.abs(since - Date.now() / 1_000)).toBeLessThan(60);
    await reload(`${rulesWith(CIRCUIT, TAGGED, PASSED)}# mended\n`, 'rules.loaded');
    expect((await page()).get('breakwater_rules_valid')).toBe(1);
  });
});

describeInside("the operators' API of a gateway", () => {
  it("is nobody's without the token", async () => {
    for (const path of ['/admin/rules', '/admin/explain?url=/catalogue/1']) {
      expect((await ask(path)).status).toBe(401);
      const wrong = await ask(path, {
        headers: { authorization: 'Bearer wrong-token-0123456789' },
      });
      expect([wrong.status, wrong.text]).toEqual([401, '{"error":"not the token"}']);
    }
  });

  it('lists the rules as they are used, and how their file stands', async () => {
    await reload(`${rulesWith(CIRCUIT, TAGGED, PASSED)}# list\n`, 'rules.loaded');
    backend.on('/catalogue/listed', { headers: FRESH, body: 'x' });
    await ask('/catalogue/listed');
    const { file: state, rules } = await told<Record<'file' | 'rules', unknown>>('/admin/rules');
    expect(state).toMatchObject({ file, valid: true, problems: [] });
    expect(rules).toMatchObject([
      { name: 'internal', match: { path: '/internal/**' }, deny: 403 },
      {
        name: 'catalogue',
        match: { path: '/catalogue/**' },
        backend: { name: 'shop', urls: [backend.url] },
        key: { host: true, query: { only: ['page'] }, headers: [] },
        freshness: { kind: 'http' },
        cache: expect.stringMatching(/^catalogue~/),
        circuit: 'backend:shop',
      },
      { name: 'tagged', tagHeader: 'surrogate-key' },
      { name: '/passed/:id', freshness: { kind: 'none' }, collapse: null },
      { name: 'default', match: { path: '/**' } },
    ]);
    const [, catalogue] = rules as { requests: { total: number; savedRatio: number } }[];
    expect(catalogue?.requests.total).toBeGreaterThan(3);
    expect(catalogue?.requests.savedRatio).toBeGreaterThan(0);
    await reload('version: 1\nrules: [{ deny: 200 }]\n', 'rules.invalid');
    const broken = await told<{ file: unknown; rules: unknown[] }>('/admin/rules');
    expect(broken.file).toMatchObject({
      valid: false,
      problems: [`${file}:2:17 rules[0].deny: 200; allowed: a whole number from 400 to 599`],
    });
    expect(broken.rules).toHaveLength(5);
    await reload(`${rulesWith(CIRCUIT, TAGGED, PASSED)}# again\n`, 'rules.loaded');
  });

  it('explains what would become of a URL: rule, normal form, key, backend, and what is kept', async () => {
    backend.on('/catalogue/explained?page=2', { headers: FRESH, body: 'x' });
    const url = '/catalogue/%65xplained?utm=1&page=2';
    const before = await explained(url);
    expect(before).toMatchObject({
      outcome: 'It calls the backend.',
      route: 'catalogue',
      method: 'GET',
      normalForm: `127.0.0.1:${service.port}/catalogue/explained?utm=1&page=2`,
      keyText: `127.0.0.1:${service.port}/catalogue/explained?page=2`,
      cache: expect.stringMatching(/^catalogue~/),
      backend: `${backend.url}/catalogue/%65xplained?page=2`,
      circuit: 'backend:shop',
      notStored: expect.arrayContaining(['Vary: *', 'Cache-Control: no-store or private']),
    });
    backend.on('/catalogue/%65xplained?page=2', { headers: FRESH, body: 'x' });
    await ask(url);
    const after = await explained(url);
    expect(after).toMatchObject({
      outcome: 'It is answered from a tier.',
      key: { held: [{ tier: 'memory', state: 'fresh', freshMs: 60_000 }] },
    });
    expect(await explained(`http://other.example${url}`)).toMatchObject({
      outcome: 'It calls the backend.',
      keyText: 'other.example/catalogue/explained?page=2',
    });
  });

  it('explains why a request asks no cache, or nobody at all', async () => {
    const auth = '&header=Authorization:Basic%20eA';
    expect(await explained('/catalogue/new', auth)).toMatchObject({
      outcome: 'It calls the backend.',
      bypass: 'it has Authorization, so that nobody shares its call',
    });
    expect(await explained('/catalogue/new', '&method=post')).toMatchObject({
      method: 'POST',
      bypass: 'POST is always forwarded',
    });
    expect(await explained('/passed/1')).toMatchObject({
      bypass: 'the rule keeps nothing and shares no call',
      notStored: ['any answer: the rule keeps none'],
    });
    expect(await explained('/internal/x')).toMatchObject({
      outcome: 'It is refused by 403, as the rule "internal" says.',
      route: 'internal',
    });
    expect((await explained('/a/%2e%2e/b'))['outcome']).toBe(
      'It is refused by 400, as it has dot segments in the path.',
    );
  });

  it.each([
    ['/health', '/health'],
    ['/metrics', '/metrics'],
    ['/admin/circuits', '/admin'],
  ])('says of %s that the service answers it itself', async (url, route) => {
    expect(await explained(url)).toEqual({
      outcome: 'It is answered by the service itself.',
      answer: 'It is answered by the service itself.',
      route,
    });
  });

  it('says of what the service leaves to the API that the gateway answers it', async () => {
    expect(await explained('/products?productId=7')).toMatchObject({ route: 'default' });
  });

  it('explains which variant a request selects, and by what', async () => {
    backend.on('/tagged/varied', { headers: { ...FRESH, Vary: 'X-Currency' }, body: 'x' });
    await ask('/tagged/varied', { headers: { 'X-Currency': 'EUR' } });
    expect(await explained('/tagged/varied', '&header=X-Currency:EUR')).toMatchObject({
      outcome: 'It is answered from a tier.',
      variesBy: ['x-currency'],
    });
    expect((await explained('/tagged/varied', '&header=X-Currency:USD'))['outcome']).toBe(
      'It calls the backend.',
    );
  });

  it('says why the last answer was not kept, until one is', async () => {
    const why = async (path: string) =>
      (await explained(path))['lastNotStored'] as Record<string, unknown> | undefined;
    backend.on('/tagged/why', { headers: { 'Cache-Control': 'private' }, body: 'x' });
    expect(await why('/tagged/why')).toBeUndefined();
    await ask('/tagged/why');
    expect(await why('/tagged/why')).toMatchObject({ because: 'private', status: 200 });
    const { at } = (await why('/tagged/why')) ?? {};
    expect(Math.abs(Number(at) - Date.now())).toBeLessThan(60_000);
    backend.on('/tagged/why', { status: 404, body: 'x' });
    await ask('/tagged/why');
    expect(await why('/tagged/why')).toMatchObject({ because: 'no-freshness', status: 404 });
    backend.on('/tagged/why', { headers: FRESH, body: 'x' });
    await ask('/tagged/why');
    expect(await why('/tagged/why')).toBeUndefined();
    backend.on('/tagged/large', { headers: FRESH, body: 'x'.repeat(4 * 2 ** 20 + 1) });
    await ask('/tagged/large');
    expect(await why('/tagged/large')).toMatchObject({ because: 'too-large' });
  });

  it('has each rule at a glance: requests, calls, what was kept, and its circuit', async () => {
    const now = async () => {
      const { gateway } = await told<AdminSnapshot>('/admin');
      return gateway?.rules.list.find(({ name }) => name === 'tagged') as RuleSnapshot;
    };
    const before = await now();
    backend.on('/tagged/glance', { headers: FRESH, body: 'x' });
    for (let request = 0; request < 3; request++) await ask('/tagged/glance');
    backend.on('/tagged/glance-not', { headers: { 'Cache-Control': 'no-store' }, body: 'x' });
    await ask('/tagged/glance-not');
    const after = await now();
    const grown = (of: 'requests' | 'hits' | 'calls' | 'kept' | 'notKept') =>
      after[of] - before[of];
    expect([grown('requests'), grown('hits'), grown('calls')]).toEqual([4, 2, 2]);
    expect([grown('kept'), grown('notKept')]).toEqual([1, 1]);
    expect(after).toMatchObject({
      match: '/tagged/**',
      circuit: { name: 'backend:shop', mode: 'closed' },
    });
  });

  it('drops everything that is kept of a URL, whatever variant, and whatever of it does not count', async () => {
    backend.on('/tagged/purged', { headers: { ...FRESH, Vary: 'X-Currency' }, body: 'old' });
    const ofCurrency = async (currency: string) =>
      (await ask('/tagged/purged', { headers: { 'X-Currency': currency } })).text;
    await ofCurrency('EUR');
    await ofCurrency('USD');
    backend.on('/catalogue/purged', { headers: FRESH, body: 'old' });
    await ask('/catalogue/purged?utm=first');
    const calls = backend.calls('/tagged/purged');

    const reply = await order({ url: '/tagged/purged' });
    expect([reply.status, JSON.parse(reply.text)]).toEqual([
      200,
      { purged: { kind: 'url', url: '/tagged/purged' }, everywhere: true },
    ]);
    await ofCurrency('EUR');
    await ofCurrency('USD');
    expect(backend.calls('/tagged/purged')).toBe(calls + 2);
    await order({ url: `http://127.0.0.1:${service.port}/catalogue/purged?utm=other` });
    await ask('/catalogue/purged?utm=third');
    expect(backend.calls('/catalogue/purged')).toBe(2);
    expect(logger.named('admin.purge-url')).not.toEqual([]);
  });

  it('drops what has a tag', async () => {
    backend.on('/tagged/shoe', { headers: { ...FRESH, 'Surrogate-Key': 'shoes' }, body: 'old' });
    await ask('/tagged/shoe');
    expect((await order({ tag: 'shoes' })).status).toBe(200);
    await ask('/tagged/shoe');
    expect(backend.calls('/tagged/shoe')).toBe(2);
  });

  it.each([
    ['a URL', { url: '/tagged/soft' }],
    ['a tag', { tag: 'winter' }],
    ['a key', 'key'],
    ['a cache', 'cache'],
    ['everything', { all: true }],
  ])('keeps as stale what is purged softly by %s, and refreshes it behind', async (_, of) => {
    await order({ url: '/tagged/soft' });
    const told = { 'Cache-Control': 'max-age=60, stale-while-revalidate=30' };
    const headers = { ...told, 'Surrogate-Key': 'winter', Vary: 'X-Currency' };
    backend.on('/tagged/soft', { headers, body: 'old' });
    await ask('/tagged/soft');
    const calls = backend.calls('/tagged/soft');
    backend.on('/tagged/soft', { headers, body: 'new' });
    const { cache, keyText } = await explained('/tagged/soft');
    const body = of === 'key' ? { cache, keyText } : of === 'cache' ? { cache } : (of as object);

    const reply = await order({ ...body, soft: true });
    expect([reply.status, JSON.parse(reply.text)]).toMatchObject([
      200,
      { purged: { soft: true }, everywhere: true },
    ]);
    const stale = await ask('/tagged/soft');
    expect(stale.text).toBe('old');
    expect(stale.headers['cache-status']).toMatch(/hit; ttl=-?\d+; detail=stale-while-revalidate/);
    await eventually('the refresh', async () => (await ask('/tagged/soft')).text === 'new');
    expect(backend.calls('/tagged/soft')).toBe(calls + 1);
  });

  it('has what is purged softly confirmed, where nothing stale may be served', async () => {
    const headers = { 'Cache-Control': 'max-age=60, must-revalidate', ETag: '"1"' };
    backend.on('/tagged/confirmed', { headers, body: 'kept' });
    await ask('/tagged/confirmed');
    await ask('/tagged/confirmed');
    await order({ url: '/tagged/confirmed', soft: true });
    const only = { headers: { 'Cache-Control': 'only-if-cached' } };
    expect((await ask('/tagged/confirmed', only)).status).toBe(504);
    backend.on('/tagged/confirmed', { status: 304, headers });
    const confirmed = await ask('/tagged/confirmed');
    expect([confirmed.status, confirmed.text]).toEqual([200, 'kept']);
    expect(confirmed.headers['cache-status']).toContain('detail=revalidated');
    expect((await ask('/tagged/confirmed')).headers['cache-status']).toContain('hit');
    expect(backend.calls('/tagged/confirmed')).toBe(2);
  });

  it('answers from what was purged softly where the backend fails', async () => {
    backend.on('/tagged/failing', { headers: FRESH, body: 'kept' });
    await ask('/tagged/failing');
    await order({ url: '/tagged/failing', soft: true });
    backend.on('/tagged/failing', { status: 503 });
    const { status, text, headers } = await ask('/tagged/failing');
    expect([status, text]).toEqual([200, 'kept']);
    expect(headers['cache-status']).toContain('detail=stale-if-error');
  });

  it('wants "soft" to be true or false', async () => {
    expect((await order({ url: '/tagged/soft', soft: 'yes' })).status).toBe(400);
  });
});
