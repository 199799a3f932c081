import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { settingsSchema } from '../config/index.js';
import type { Settings } from '../config/index.js';
import { explainRequest } from './explain-request.js';
import { readRequestLine } from './request-line.js';

/** Where anything that connects is counted: it stands for the backend and for the store. */
const world = createServer((socket) => {
  connections += 1;
  socket.destroy();
});
let connections = 0;
let port = 0;
let folder = '';

beforeAll(async () => {
  await new Promise<void>((resolve) => world.listen(0, '127.0.0.1', resolve));
  ({ port } = world.address() as AddressInfo);
  folder = mkdtempSync(join(tmpdir(), 'breakwater-explain-'));
});

afterAll(() => {
  world.close();
  rmSync(folder, { recursive: true });
});

/** What is said by settings with everything that a service can have; by name, each with all its lines. */
async function explain(request: string, changed: Partial<Settings> = {}) {
  const settings: Settings = {
    ...settingsSchema.parse({}),
    // In use: who listens there fails.
    ...{ PORT: port, ADMIN_PORT: port, ADMIN_TOKEN: 'sixteen-characters' },
    BACKEND_URL: `http://127.0.0.1:${port}/v1`,
    REDIS_URL: `redis://127.0.0.1:${port}`,
    CACHE_DIR: join(folder, 'cache'),
    ...changed,
  };
  const text = await explainRequest(settings, readRequestLine(request));
  const said: Record<string, string[]> = {};
  let last: string[] = [];
  for (const line of text.trimEnd().split('\n')) {
    const [, name, value = ''] = /^(?:([a-z ]+):)? +(.*)$/.exec(line) ?? [];
    if (name !== undefined) said[name] = last = [];
    last.push(value);
  }
  return said;
}

describe('--explain', () => {
  it('tells route, key, backend, freshness, circuit and what would not be stored', async () => {
    const request = 'GET /products?productId=7&fields=b,a';
    const said = await explain(request, { FRESH_TTL_MS: 1_234 });
    expect(said).toMatchObject({
      request: [request],
      answer: [expect.stringMatching(/^from the cache, or else by a backend call that is shared/)],
      route: ['/products'],
      parameters: ['{"productId":"7","fields":["a","b"]}'],
      cache: ['/products'],
      key: ['["7",["a","b"],[]]'],
      backend: [`http://127.0.0.1:${port}/v1/products/7?fields=a,b`],
      circuit: ['none'],
      freshness: [expect.stringMatching(/^fresh up to an age of 1234 ms, stale up to 60000 ms, /)],
    });
    expect(said['not stored']).toContain('Set-Cookie');
    expect(said['not stored']?.length).toBeGreaterThan(3);
  });

  it('tells the same of the endpoints that keep nothing', async () => {
    expect(await explain('/api/data/a%20b')).toEqual({
      request: ['GET /api/data/a%20b'],
      answer: [expect.stringMatching(/^by a backend call that is shared/)],
      ...{ route: ['/api/data/:key'], cache: ['none'], coalescer: ['data'], key: ['a b'] },
      backend: [`http://127.0.0.1:${port}/v1/backend/a%20b`],
      ...{ circuit: ['none'], 'not stored': ['any answer: this route keeps none'] },
    });
    expect(await explain('HEAD /api/resource')).toMatchObject({
      answer: ['by a backend call of its own, if the circuit admits it'],
      ...{ cache: ['none'], coalescer: ['none'], circuit: ['resource'] },
      backend: [`http://127.0.0.1:${port}/v1/backend/resource`],
    });
  });

  it.each([
    ['/nothing', /^404, /],
    ['/api/data', /^404, /],
    ['POST /nothing', /^404, /],
    ['POST /products', /^405, /],
    ['DELETE /api/data/a', /^405, /],
    ['OPTIONS /api/resource', /^405, /],
    ['PUT /health', /^405, /],
    ['/products', /^400, /],
    ['/api/data/%ZZ', /^400, /],
  ])('tells how %s is refused', async (request, answer) => {
    const said = await explain(request);
    expect(said['answer']).toEqual([expect.stringMatching(answer)]);
    expect(said['backend']).toBeUndefined();
  });

  it('names each parameter that does not fit', async () => {
    const twice = await explain('/products?productId=1&productId=2&fields=');
    expect(twice['refused']).toContain('productId: must be given once');
  });

  it('tells what the service answers itself, where, and only what there is', async () => {
    const open = { ADMIN_PORT: undefined };
    expect((await explain('/health/live'))['answer']).toEqual(['by the service itself']);
    expect((await explain('/metrics', open))['answer']).toEqual(['by the service itself']);
    expect((await explain('/metrics'))['answer']).toEqual([
      `by the service itself, on ADMIN_PORT (${port}) alone`,
    ]);
    expect((await explain('POST /admin/purge', open))['answer']).toEqual(['by the service itself']);
    expect((await explain('/docs/', { API_DOCS: 'on' }))['route']).toEqual(['/docs']);
    for (const [path, settings] of [
      ['/metrics', { METRICS: 'off' }],
      ['/openapi.json', { API_DOCS: 'off' }],
      ['/admin', { ...open, ADMIN_TOKEN: undefined }],
    ] as const) {
      expect((await explain(path, settings))['answer']).toEqual(['404, as no route has this path']);
    }
    expect((await explain('OPTIONS /x', { CORS_ORIGIN: '*' }))['answer']).toEqual(['204, by CORS']);
  });

  it('tells what the gateway would make of it: which rule, and the host that it is asked for', async () => {
    const file = join(folder, 'rules.yaml');
    writeFileSync(
      file,
      `version: 1
backends: { shop: { url: 'http://shop:8080/v1' } }
rules:
  - { name: internal, match: { path: /internal/** }, deny: 403 }
  - { name: shop, match: { path: /catalogue/**, host: shop.example }, backend: shop, freshness: { fixed: 10s } }
`,
    );
    const front = { PROXY_TO: 'http://rest:8080', PROXY_RULES: file };
    expect(await explain('GET http://shop.example/catalogue/%37?a=1', front)).toMatchObject({
      answer: [expect.stringMatching(/^from the cache, or else by a backend call that is shared/)],
      route: ['shop'],
      'normal form': ['shop.example/catalogue/7?a=1'],
      cache: [expect.stringMatching(/^shop~/)],
      key: ['shop.example/catalogue/7?a=1'],
      backend: ['http://shop:8080/v1/catalogue/%37?a=1'],
      circuit: ['backend:shop'],
      freshness: [expect.stringMatching(/^10000 ms as the rule says/)],
    });
    expect(await explain('POST /catalogue/7', front)).toMatchObject({
      answer: ['by a backend call of its own, if the circuit admits it'],
      route: ['default'],
      bypass: ['POST is always forwarded'],
      backend: ['http://rest:8080/catalogue/7'],
    });
    expect((await explain('/internal/x', front))['answer']).toEqual([
      '403, as the rule "internal" says',
    ]);
    expect((await explain('/health', front))['answer']).toEqual(['by the service itself']);
    expect((await explain('/products?productId=7', front))['route']).toEqual(['default']);
    const all = { ...front, PROXY_OWN_ROUTES: 'all' as const };
    expect((await explain('/products?productId=7', all))['route']).toEqual(['/products']);
    const rulesAlone = { ...front, PROXY_TO: undefined };
    expect((await explain('/nothing', rulesAlone))['answer']).toEqual([
      '404, as no rule is for it',
    ]);
  });

  it('prints nothing that a terminal obeys', async () => {
    const said = await explain('/products?productId=%1B[2J%C2%9B&fields=\u001b[31m');
    expect(Object.values(said).flat().join('')).not.toMatch(/\p{Cc}/u);
    expect(said['request']?.[0]).toContain(String.raw`fields=\u001b[31m`);
  });

  // Last: of everything that has been explained.
  it('has connected to nothing, and made no folder', () => {
    expect(connections).toBe(0);
    expect(existsSync(join(folder, 'cache'))).toBe(false);
  });
});
