import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { get } from '../support/http-client.js';
import { ProcessFixtures, eventually } from '../support/process-fixtures.js';
import type { ScriptedBackend } from '../support/scripted-backend.js';
import type { ServiceProcess } from '../support/service-process.js';

const FRESH = { 'Cache-Control': 'max-age=60' };

const fixtures = new ProcessFixtures('after all tests');
let folder: string;
let file: string;
let shop: ScriptedBackend;
let rest: ScriptedBackend;
let service: ServiceProcess;

/** Writes the rules as one should: beside, and then in their place. */
async function write(rules: string): Promise<void> {
  await writeFile(`${file}.new`, rules);
  await rename(`${file}.new`, file);
}

/** Writes them, and waits until the service says what has become of them. */
async function reload(rules: string, event: string): Promise<void> {
  const told = () => service.records.filter((record) => record['event'] === event).length;
  const before = told();
  await write(rules);
  service.signal('SIGHUP');
  await eventually(event, () => Promise.resolve(told() > before));
}

const rulesWith = (...rules: readonly string[]) => `version: 1
backends: { shop: { url: '${shop.url}' } }
rules:
  - { name: internal, match: { path: /internal/** }, deny: 403 }
${rules.map((rule) => `  - ${rule}\n`).join('')}
purge: { from: 127.0.0.1, tokenFile: token }
`;

const CATALOGUE =
  '{ name: catalogue, match: { path: /catalogue/** }, backend: shop, key: { query: { only: page } }, tags: { header: Surrogate-Key } }';

const ask = (path: string) => get(service.port, path);

async function healthOfRules(): Promise<unknown> {
  const { details } = JSON.parse((await ask('/health')).text) as { details: { rules: unknown } };
  return details.rules;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'breakwater-rule-file-'));
  file = join(folder, 'rules.yaml');
  shop = await fixtures.backend();
  rest = await fixtures.backend();
  await writeFile(join(folder, 'token'), 'sesame\n');
  await write(rulesWith(CATALOGUE));
  service = await fixtures.launch({
    PROXY_RULES: file,
    PROXY_TO: rest.url,
    HEALTH_DETAILS: 'full',
  });
});

beforeEach(() => reload(`${rulesWith(CATALOGUE)}# ${Math.random()}\n`, 'rules.loaded'));

afterAll(() => rm(folder, { recursive: true }));

describe('the service with a rule file', () => {
  it('asks the backend of the first rule, and the one of PROXY_TO for all the rest', async () => {
    shop.on('/catalogue/1', { body: 'of the shop' });
    rest.on('/other', { body: 'of the rest' });
    expect((await ask('/catalogue/1')).text).toBe('of the shop');
    expect((await ask('/other')).text).toBe('of the rest');
    for (const path of [
      '/internal',
      '/internal/a',
      '//internal/a',
      '/%69nternal/a',
      '/internal;x/a',
    ]) {
      expect((await ask(path)).status).toBe(403);
    }
    expect((await ask('/catalogue/%2e%2e/internal')).status).toBe(400);
  });

  it('neither counts nor sends what the key leaves out', async () => {
    shop.on('/catalogue/2?page=1', { headers: FRESH, body: 'page 1' });
    expect((await ask('/catalogue/2?utm=x&page=1')).text).toBe('page 1');
    expect((await ask('/catalogue/2?page=1&utm=y')).text).toBe('page 1');
    expect(shop.calls('/catalogue/2?page=1')).toBe(1);
  });

  it('logs every hit with its id, that which is answered before all else as well', async () => {
    shop.on('/catalogue/hot', { headers: FRESH, body: 'five' });
    for (const name of ['first', 'long', 'short']) {
      const reply = await get(service.port, '/catalogue/hot', {
        headers: { 'X-Request-Id': name },
      });
      expect([reply.text, reply.headers['x-request-id']]).toEqual(['five', name]);
    }
    const lines = () => service.records.filter(({ target }) => target === '/catalogue/hot');
    await eventually('a line for each', () => Promise.resolve(lines().length === 3));
    const told = lines().map(({ requestId, route, status, served }) => [
      ...[requestId, route, status, served],
    ]);
    expect(told).toEqual([
      ['first', 'catalogue', 200, 'miss'],
      ['long', 'catalogue', 200, 'hit'],
      ['short', 'catalogue', 200, 'hit'],
    ]);
  });

  it('follows the file under load: no request fails, and none gets what was kept under another key', async () => {
    shop.on('/catalogue/3', { headers: FRESH, body: 'without' });
    shop.on('/catalogue/3?lang=de', { headers: FRESH, body: 'de' });
    expect((await ask('/catalogue/3?lang=de')).text).toBe('without');
    let isOver = false;
    const replies: string[] = [];
    const load = Array.from({ length: 8 }, async () => {
      while (!isOver) {
        const reply = await ask('/catalogue/3?lang=de');
        replies.push(`${reply.status} ${reply.text}`);
      }
    });
    await reload(
      rulesWith('{ name: catalogue, match: { path: /catalogue/** }, backend: shop }'),
      'rules.loaded',
    );
    const { length } = replies;
    await eventually('requests by the new rules', () =>
      Promise.resolve(replies.length > length + 50),
    );
    isOver = true;
    await Promise.all(load);
    expect([...new Set(replies)].sort()).toEqual(['200 de', '200 without']);
    expect(replies.at(-1)).toBe('200 de');
    expect(shop.calls('/catalogue/3?lang=de')).toBe(1);
  });

  it('goes through good and broken files under load: each answer is by the rules that were told last', async () => {
    shop.on('/catalogue/r', { headers: FRESH, body: 'without' });
    shop.on('/catalogue/r?lang=de', { headers: FRESH, body: 'de' });
    const keyless = rulesWith('{ name: catalogue, match: { path: /catalogue/** }, backend: shop }');
    const agent = new Agent({ keepAlive: true });
    // What is to be answered; nobody knows while a file is being read.
    let due: string | undefined = 'without';
    let judged = 0;
    let isOver = false;
    const wrong: string[] = [];
    const load = Array.from({ length: 16 }, async () => {
      while (!isOver) {
        const before = due;
        const { status, text } = await get(service.port, '/catalogue/r?lang=de', { agent });
        if (status !== 200) wrong.push(`${status} ${text}`);
        if (before === undefined || before !== due) continue;
        judged++;
        if (text !== before) wrong.push(`${text} in place of ${before}`);
      }
    });
    const judge = async () => {
      const enough = judged + 50;
      await eventually('answers by these rules', () => Promise.resolve(judged >= enough));
    };
    for (let round = 0; round < 4; round++) {
      for (const [rules, answer] of [
        [keyless, 'de'],
        [rulesWith(CATALOGUE), 'without'],
      ] as const) {
        due = undefined;
        await reload(`${rules}# round ${round}\n`, 'rules.loaded');
        due = answer;
        await judge();
        // What is broken changes nothing: not even for a moment.
        await reload(`${rules}  - nonsense: ${round}\n`, 'rules.invalid');
        await judge();
      }
    }
    isOver = true;
    await Promise.all(load);
    agent.destroy();
    expect(wrong).toEqual([]);
  });

  it('keeps what is kept where the key is the same', async () => {
    shop.on('/catalogue/4', { headers: FRESH, body: 'kept' });
    await ask('/catalogue/4');
    await reload(
      rulesWith('{ name: new, match: { path: /new }, backend: shop }', CATALOGUE),
      'rules.loaded',
    );
    expect((await ask('/catalogue/4')).text).toBe('kept');
    expect(shop.calls('/catalogue/4')).toBe(1);
  });

  it('keeps the rules before a file that is not valid, and says so in /health and in the log', async () => {
    shop.on('/catalogue/5', { body: 'by the rules before' });
    await reload('version: 1\nrules: [{ deny: 200 }]', 'rules.invalid');
    expect((await ask('/catalogue/5')).text).toBe('by the rules before');
    const problem = `${file}:2:17 rules[0].deny: 200; allowed: a whole number from 400 to 599`;
    expect(await healthOfRules()).toMatchObject({
      status: 'up',
      file,
      valid: false,
      problems: [problem],
    });
    const line = service.records.findLast(({ event }) => event === 'rules.invalid');
    expect(line).toMatchObject({ level: 'error', problems: [problem] });
    await reload(`${rulesWith(CATALOGUE)}# mended\n`, 'rules.loaded');
    expect(await healthOfRules()).toMatchObject({ valid: true, problems: [] });
  });

  it('has a circuit be as the file says from now on', async () => {
    const withCircuit = (circuit: string) =>
      rulesWith(CATALOGUE).replace(`url: '${shop.url}'`, `url: '${shop.url}', circuit: ${circuit}`);
    shop.on('/catalogue/6', { status: 500 });
    await reload(withCircuit('{ failures: 2, cooldown: 1h }'), 'rules.loaded');
    const statuses = async (count: number) => {
      const all: number[] = [];
      for (let request = 0; request < count; request++) {
        all.push((await ask('/catalogue/6')).status);
      }
      return all;
    };
    expect(await statuses(3)).toEqual([500, 500, 503]);
    await reload(withCircuit('{ failures: 1, cooldown: 1h }'), 'rules.loaded');
    expect(await statuses(2)).toEqual([500, 503]);
    const closed = service.records.find(({ event }) => event === 'circuit.closed');
    expect(closed).toMatchObject({ circuit: 'backend:shop', reason: 'redeclared' });
    shop.on('/catalogue/6', { body: 'well' });
    await reload(withCircuit('off'), 'rules.loaded');
    expect(await statuses(1)).toEqual([200]);
  });

  describe('who may purge', () => {
    const purge = (path: string, headers: Record<string, string>) =>
      get(service.port, path, { method: 'PURGE', headers });
    const SHOWN = { Authorization: 'Bearer sesame' };

    /** Body that is kept of a path. */
    async function kept(path: string, body: string, headers = {}): Promise<void> {
      shop.on(path, { headers: { ...FRESH, ...headers }, body });
      await ask(path);
    }

    it('drops what is kept of a target, or of all that have a tag, by who shows the token', async () => {
      await kept('/catalogue/7', 'old', { 'Surrogate-Key': 'shoes all' });
      await kept('/catalogue/8', 'old', { 'Surrogate-Key': 'hats, all' });
      await kept('/catalogue/9', 'old');
      for (const path of ['/catalogue/7', '/catalogue/8', '/catalogue/9'])
        shop.on(path, { body: 'new' });

      const { status, headers, text } = await purge('/catalogue/9', SHOWN);
      expect([status, text, headers['cache-control']]).toEqual([204, '', 'no-store']);
      expect((await ask('/catalogue/9')).text).toBe('new');
      expect((await ask('/catalogue/7')).text).toBe('old');

      await purge('/', { ...SHOWN, 'Surrogate-Key': 'hats shoes' });
      expect((await ask('/catalogue/7')).text).toBe('new');
      expect((await ask('/catalogue/8')).text).toBe('new');
    });

    it('keeps as stale what is purged with Soft: 1, by its target or by a tag', async () => {
      const told = { 'Cache-Control': 'max-age=60, stale-while-revalidate=30' };
      const tagged = { ...told, 'Surrogate-Key': 'soft' };
      await kept('/catalogue/soft', 'old', tagged);
      expect((await purge('/catalogue/soft', { Soft: '1' })).status).toBe(405);
      expect((await ask('/catalogue/soft')).headers['cache-status']).not.toContain('stale');
      for (const [path, headers, before, after] of [
        ['/catalogue/soft', {}, 'old', 'new'],
        ['/', { 'Surrogate-Key': 'soft' }, 'new', 'newer'],
      ] as const) {
        expect((await purge(path, { ...SHOWN, ...headers, Soft: '1' })).status).toBe(204);
        shop.on('/catalogue/soft', { headers: tagged, body: after });
        expect((await ask('/catalogue/soft')).text).toBe(before);
        await eventually('the refresh', async () => (await ask('/catalogue/soft')).text === after);
      }
      expect(shop.calls('/catalogue/soft')).toBe(3);
    });

    it('drops what others have asked for by a URL that counts as the same', async () => {
      shop.on('/catalogue/same', { headers: FRESH, body: 'x' });
      await ask('/catalogue/same?utm=1');
      expect((await purge('/catalogue/same?utm=2', SHOWN)).status).toBe(204);
      await ask('/catalogue/same?utm=3');
      expect(shop.calls('/catalogue/same')).toBe(2);
    });

    it('is nobody without the token, and no backend hears of it', async () => {
      await kept('/catalogue/10', 'old');
      for (const headers of [{}, { Authorization: 'Bearer simsim' }, { Authorization: 'sesame' }]) {
        const refused = await purge('/catalogue/10', headers as Record<string, string>);
        expect([refused.status, refused.text]).toEqual([405, '{"error":"method not allowed"}']);
        expect(refused.headers.allow).toContain('GET');
      }
      expect((await ask('/catalogue/10')).text).toBe('old');
      expect(shop.calls('/catalogue/10')).toBe(1);
    });

    it('is who has the token that the file has now', async () => {
      const token = join(folder, 'token');
      await writeFile(token, 'other');
      expect((await purge('/a', SHOWN)).status).toBe(405);
      await rm(token);
      expect((await purge('/a', SHOWN)).status).toBe(405);
      await eventually('a warning', () =>
        Promise.resolve(service.records.some(({ event }) => event === 'purge.no-token')),
      );
      await writeFile(token, 'sesame');
      expect((await purge('/a', SHOWN)).status).toBe(204);
    });

    it('is who comes from where one may', async () => {
      const elsewhere = rulesWith(CATALOGUE).replace('from: 127.0.0.1', "from: '10.0.0.0/8'");
      await reload(elsewhere, 'rules.loaded');
      expect((await purge('/a', SHOWN)).status).toBe(405);
    });
  });

  it('does not start with a file that is not valid, and tells all that is wrong with it', async () => {
    const wrong = join(folder, 'wrong.yaml');
    await writeFile(wrong, 'version: 2\nrules:\n  - freshnes: http\n');
    const failed = await fixtures.spawn({ PROXY_RULES: wrong, PORT: '0' });
    expect(await failed.exited).toEqual({ code: 1, signal: null });
    expect(failed.stderr).toContain(`${wrong}:1:10 version: 2; allowed: 1`);
    expect(failed.stderr).toContain(`${wrong}:3:15 rules[0].freshnes: "http"; allowed: left out: `);
    expect(failed.stderr).toContain(`${wrong}:3:5 rules[0].backend: missing; allowed: `);
  });
});
