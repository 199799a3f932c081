import { beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { ManualClock } from '../src/ground/manual-clock.js';
import { describeOnEach } from './support/describe-on-each.js';
import { gate } from './support/gate.js';
import type { Reply } from './support/http-client.js';
import { RawClient } from './support/raw-client.js';
import { Fixtures, type RunningService } from './support/running-service.js';
import { RESOURCE, type ScriptedBackend } from './support/scripted-backend.js';

jest.setTimeout(180_000);

interface Described {
  readonly $ref?: string;
  readonly headers?: Record<string, { readonly $ref?: string }>;
  readonly content?: Record<
    string,
    { schema: object; examples?: Record<string, { value: unknown }> }
  >;
}

/** What Nest has, and its interface does not tell. */
interface Stoppable {
  close(signal: string): Promise<void>;
}

interface Header {
  readonly required?: boolean;
  readonly schema: object;
}

interface Document {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: Record<string, Record<string, object>>;
}

/** An example of the document, with the answer that it is an example of. */
interface Example {
  readonly id: string;
  readonly status: string;
  readonly response: Described;
  readonly mediaType: string;
  readonly schema: object;
  readonly value: unknown;
}

const COMMITTED = JSON.parse(readFileSync('api/openapi.json', 'utf8')) as Document;

function resolved<T extends object>(value: T & { readonly $ref?: string }): T {
  if (value.$ref === undefined) return value;
  const [, , kind = '', name = ''] = value.$ref.split('/');
  return COMMITTED.components[kind]?.[name] as T;
}

interface Operation {
  readonly responses: Record<string, Described>;
}

function operationsOf(
  paths: Document['paths'],
): (readonly [path: string, method: string, operation: Operation])[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [path, method, operation] as const),
  );
}

/** Answers that all routes may give stand in the document once, and are replayed once. */
function examplesOf({ paths }: Document): Example[] {
  const found = new Map<string, Example>();
  for (const [path, method, operation] of operationsOf(paths)) {
    const where = method === 'get' ? path : `${method} ${path}`;
    for (const [status, given] of Object.entries(operation.responses)) {
      const response = resolved(given);
      for (const [mediaType, { schema, examples = {} }] of Object.entries(response.content ?? {})) {
        for (const [name, { value }] of Object.entries(examples)) {
          const id =
            given.$ref === undefined ? `${where} ${status} ${name}` : `any ${status} ${name}`;
          found.set(id, { id, status, response, mediaType, schema, value });
        }
      }
    }
  }
  return [...found.values()];
}

/** What a scenario has at hand, and what it has to bring about. */
interface Stage {
  readonly backend: ScriptedBackend;
  readonly clock: ManualClock;
  /** The body that the backend is to send. */
  readonly body: string;
  service(env?: Readonly<Record<string, string>>): Promise<RunningService>;
}

const PRODUCT = '/products?productId=SKU123&fields=name,price';
const PRODUCT_KEY = 'products/SKU123?fields=name,price';
const DOWN = { status: 500 } as const;

/** Bytes as they are, on a connection of their own. */
async function raw(service: RunningService, bytes: string): Promise<Reply> {
  const client = await RawClient.open(service.port);
  const [reply] = await client.send(bytes).replies(1);
  client.close();
  const { status = 0, headers = new Map<string, string>(), body = '' } = reply ?? {};
  return {
    ...{ status, headers: Object.fromEntries(headers), rawHeaders: [] },
    ...{ body: Buffer.from(body), text: body },
  };
}

/** The answer to `path` while the one flight that there may be is another's. */
async function whileFull({ service, backend }: Stage, path: string, other: string): Promise<Reply> {
  const full = await service({ COALESCING_MAX_FLIGHTS: '1' });
  backend.on('other', { hang: true }).on('products/other', { hang: true });
  const pending = await full.arrive(other);
  await backend.waitForTotal(1);
  const reply = await full.get(path);
  pending.leave();
  return reply;
}

async function openCircuit(stage: Stage): Promise<RunningService> {
  const service = await stage.service();
  stage.backend.on(RESOURCE, DOWN);
  for (let i = 0; i < 3; i += 1) await service.get('/api/resource');
  return service;
}

const json = { 'content-type': 'application/json' };
const IMPATIENT = { BACKEND_TIMEOUT_MS: '100' };

const OPERATED = { ADMIN_TOKEN: 'for-the-tests-alone' };
const TOO_MUCH = { circuit: 'x'.repeat(20_000) };

/** What an operator gets who shows the token; by POST, where there is a body. */
async function asOperator(
  { service }: Pick<Stage, 'service'>,
  path: string,
  body?: object,
  type = 'application/json',
): Promise<Reply> {
  const authorization = `Bearer ${OPERATED.ADMIN_TOKEN}`;
  const asked = await service(OPERATED);
  if (body === undefined) return asked.get(path, { headers: { authorization } });
  const headers = { authorization, 'content-type': type };
  return asked.get(path, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** How to bring about each example: one that is not here fails, and so does one that is no longer there. */
const SCENARIOS: Readonly<Record<string, (stage: Stage) => Promise<Reply>>> = {
  '/api/data/{key} 200 json': async ({ backend, body, service }) => {
    backend.on('lamp', { body, headers: json });
    return (await service()).get('/api/data/lamp');
  },
  '/api/data/{key} 4XX gone': async ({ backend, body, service }) => {
    backend.on('lamp', { status: 410, body, headers: json });
    return (await service()).get('/api/data/lamp');
  },
  '/api/data/{key} 400 undecodable': async ({ service }) => (await service()).get('/api/data/%ZZ'),
  '/api/data/{key} 404 empty': async ({ service }) => (await service()).get('/api/data/'),
  '/api/data/{key} 414 long': async ({ service }) =>
    (await service()).get(`/api/data/${'k'.repeat(33_000)}`),
  '/api/data/{key} 502 failed': async ({ backend, service }) => {
    backend.on('lamp', DOWN);
    return (await service()).get('/api/data/lamp');
  },
  '/api/data/{key} 503 overloaded': (stage) =>
    whileFull(stage, '/api/data/lamp', '/api/data/other'),
  '/api/data/{key} 504 hanging': async ({ backend, service }) => {
    backend.on('lamp', { hang: true });
    return (await service(IMPATIENT)).get('/api/data/lamp');
  },

  '/api/resource 200 json': async ({ backend, body, service }) => {
    backend.on(RESOURCE, { body, headers: json });
    return (await service()).get('/api/resource');
  },
  '/api/resource 4XX gone': async ({ backend, body, service }) => {
    backend.on(RESOURCE, { status: 410, body, headers: json });
    return (await service()).get('/api/resource');
  },
  '/api/resource 400 malformed': async ({ service }) =>
    raw(await service(), 'GET /api/resource HTTP/1.1\r\nHost: a b\r\n\r\n'),
  '/api/resource 405 post': async ({ service }) =>
    (await service()).get('/api/resource', { method: 'POST' }),
  '/api/resource 502 closed': async ({ backend, service }) => {
    backend.on(RESOURCE, DOWN);
    return (await service()).get('/api/resource');
  },
  '/api/resource 502 probe': async (stage) => {
    const service = await openCircuit(stage);
    stage.clock.advance(5_000);
    return service.get('/api/resource');
  },
  '/api/resource 503 open': async (stage) => (await openCircuit(stage)).get('/api/resource'),
  '/api/resource 503 half-open': async (stage) => {
    const service = await openCircuit(stage);
    stage.clock.advance(5_000);
    const held = gate();
    stage.backend.on(RESOURCE, { gate: held });
    const probe = await service.arrive('/api/resource');
    await stage.backend.waitForCalls(RESOURCE, 4);
    const reply = await service.get('/api/resource');
    held.open();
    await probe.reply;
    return reply;
  },

  '/products 200 json': async ({ backend, body, service }) => {
    backend.on(PRODUCT_KEY, { body, headers: { ...json, etag: '"1"' } });
    return (await service()).get(PRODUCT);
  },
  '/products 4XX gone': async ({ backend, body, service }) => {
    backend.on(PRODUCT_KEY, { status: 410, body, headers: json });
    return (await service()).get(PRODUCT);
  },
  '/products 400 missing': async ({ service }) => (await service()).get('/products'),
  '/products 502 failed': async ({ backend, service }) => {
    backend.on(PRODUCT_KEY, DOWN);
    return (await service()).get(PRODUCT);
  },
  '/products 503 overloaded': (stage) => {
    const big = { INFLIGHT_MAX_BYTES: '1000000', BACKEND_MAX_BODY_BYTES: '1000000' };
    return promisedMoreThan(stage, big);
  },
  '/products 504 hanging': async ({ backend, service }) => {
    backend.on(PRODUCT_KEY, { hang: true });
    return (await service(IMPATIENT)).get(PRODUCT);
  },

  '/health 200 well': async ({ service }) => (await service()).get('/health'),
  '/health/live 200 live': async ({ service }) => (await service()).get('/health/live'),
  '/health/ready 200 ready': async ({ service }) => (await service()).get('/health/ready'),
  '/health/ready 503 stopping': async ({ service }) => {
    const stopping = await service({ SHUTDOWN_DRAIN_MS: '1000' });
    const stopped = (stopping.app as unknown as Stoppable).close('SIGTERM');
    const reply = await stopping.get('/health/ready');
    await stopped;
    return reply;
  },

  '/admin/cluster 404 alone': (stage) => asOperator(stage, '/admin/cluster'),
  '/admin/rules 404 none': (stage) => asOperator(stage, '/admin/rules'),
  '/admin/explain 400 nothing': (stage) => asOperator(stage, '/admin/explain'),
  'post /admin/circuits 400 action': (stage) =>
    asOperator(stage, '/admin/circuits', { circuit: 'resource', action: 'mend' }),
  'post /admin/circuits 404 unknown': (stage) =>
    asOperator(stage, '/admin/circuits', { circuit: 'nobody', action: 'isolate' }),
  'post /admin/circuits 413 large': (stage) => asOperator(stage, '/admin/circuits', TOO_MUCH),
  'post /admin/circuits 415 form': (stage) =>
    asOperator(stage, '/admin/circuits', {}, 'text/plain'),
  'post /admin/purge 200 tag': (stage) => asOperator(stage, '/admin/purge', { tag: 'product:7' }),
  'post /admin/purge 200 soft': (stage) =>
    asOperator(stage, '/admin/purge', { tag: 'product:7', soft: true }),
  'post /admin/purge 400 nothing': (stage) => asOperator(stage, '/admin/purge', {}),
  'post /admin/purge 404 uncached': (stage) =>
    asOperator(stage, '/admin/purge', { url: '/api/data/lamp' }),
  'post /admin/purge 413 large': (stage) => asOperator(stage, '/admin/purge', TOO_MUCH),
  'post /admin/purge 415 form': (stage) => asOperator(stage, '/admin/purge', {}, 'text/plain'),
  'any 401 none': async ({ service }) => (await service(OPERATED)).get('/admin'),
  'any 401 another': async ({ service }) =>
    (await service(OPERATED)).get('/admin', { headers: { authorization: 'Bearer another' } }),
  'any 403 cross-site': async ({ service }) =>
    (await service(OPERATED)).get('/admin', { headers: { 'sec-fetch-site': 'cross-site' } }),

  'any 400 malformed': async ({ service }) => raw(await service(), 'GET /health HTTP/1.1\r\n\r\n'),
  'any 405 post': async ({ service }) => (await service()).get('/health', { method: 'POST' }),
  'any 408 slow': async ({ service }) =>
    raw(await service({ HEADERS_TIMEOUT_MS: '50' }), 'GET /health HTTP/1.1\r\n'),
  'any 431 large': async ({ service }) =>
    raw(
      await service(),
      `GET /health HTTP/1.1\r\nHost: a\r\nX-Large: ${'x'.repeat(100_000)}\r\n\r\n`,
    ),
};

/** The answer while another answer on its way leaves no room for one more. */
async function promisedMoreThan(
  { backend, service }: Stage,
  env: Readonly<Record<string, string>>,
): Promise<Reply> {
  const full = await service(env);
  const body = 'x'.repeat(200_000);
  backend.on('products/other', { declare: 900_000 }).on(PRODUCT_KEY, { body });
  const pending = await full.arrive('/products?productId=other');
  await backend.waitForCalls('products/other', 1);
  // The other body is promised once its head has come.
  for (let i = 0; i < 1_000; i += 1) {
    backend.on(`products/${i}`, { body });
    if ((await full.get(`/products?productId=${i}`)).status === 503) break;
  }
  const reply = await full.get(PRODUCT);
  pending.leave();
  return reply;
}

/** Headers that say something of ours: an answer with one of these says so in the document. */
const TELLING = /^(x-.*|cache-.*|age|retry-after|allow|etag)$/;

describe('the OpenAPI document in git', () => {
  it('has an example for each error that we give, and a scenario for each example', () => {
    const ids = examplesOf(COMMITTED).map(({ id }) => id);
    expect(Object.keys(SCENARIOS).sort()).toEqual([...new Set(ids)].sort());
    for (const [, , operation] of operationsOf(COMMITTED.paths)) {
      for (const [status, given] of Object.entries(operation.responses)) {
        const content = resolved(given).content?.['application/json'];
        if (/^[45]\d\d$/.test(status) && status !== '503') expect(content?.examples).toBeDefined();
      }
    }
  });
});

describe('an example of the OpenAPI document', () => {
  const fixtures = new Fixtures('express');
  const ajv = new Ajv2020({ strict: false, coerceTypes: true });
  let backend: ScriptedBackend;

  beforeAll(() => {
    ajv.addSchema({ $id: 'document', components: COMMITTED.components });
  });

  beforeEach(async () => {
    backend = await fixtures.backend();
  });

  const fits = (schema: object, value: unknown): void => {
    const text = JSON.stringify(schema).replaceAll('"#/components', '"document#/components');
    const validate = ajv.compile(JSON.parse(text) as object);
    expect({ fits: validate({ value }), why: validate.errors }).toEqual({ fits: true, why: null });
  };
  it.each([
    ...['/admin', '/admin/circuits', '/admin/flights', '/admin/caches', '/admin/top'],
    '/admin/explain?url=/products?productId=SKU123',
  ])('what operators get of %s is as the document says', async (target) => {
    const [path = ''] = target.split('?');
    const reply = await asOperator({ service: busyService }, target);
    expect(reply.status).toBe(200);
    const content = COMMITTED.paths[path]?.['get']?.responses['200']?.content;
    fits(within(content?.['application/json']?.schema ?? {}), JSON.parse(reply.text));
  });

  it('what operators get when they steer a circuit is as the document says', async () => {
    const order = { circuit: 'resource', action: 'isolate' };
    const reply = await asOperator({ service: busyService }, '/admin/circuits', order);
    expect(reply.status).toBe(200);
    const content = COMMITTED.paths['/admin/circuits']?.['post']?.responses['200']?.content;
    fits(within(content?.['application/json']?.schema ?? {}), JSON.parse(reply.text));
  });

  /** With a hit, a failure of the circuit and a flight under way, so that its state has members. */
  const busyService = async (env = {}): Promise<RunningService> => {
    const service = await fixtures.service(backend, {
      env: { PRODUCT_API_BASE: `${backend.url}/backend`, ...env },
    });
    backend.on('held', { hang: true }).on(RESOURCE, DOWN);
    for (let i = 0; i < 2; i += 1) await service.get(PRODUCT);
    for (let i = 0; i < 3; i += 1) await service.get('/api/resource');
    await service.arrive('/api/data/held');
    await backend.waitForCalls('held', 1);
    return service;
  };

  const within = (schema: object) => ({ type: 'object', properties: { value: schema } });

  it.each(examplesOf(COMMITTED))('$id: is what the service answers', async (example) => {
    const { id, status, response, mediaType, schema, value } = example;
    const clock = new ManualClock();
    const scenario = SCENARIOS[id] as (stage: Stage) => Promise<Reply>;
    const reply = await scenario({
      ...{ backend, clock, body: JSON.stringify(value) },
      service: (env = {}) =>
        fixtures.service(backend, {
          clock,
          env: { PRODUCT_API_BASE: `${backend.url}/backend`, ...env },
        }),
    });

    expect(String(reply.status)).toMatch(new RegExp(`^${status.replace('XX', '\\d\\d')}$`));
    expect(JSON.parse(reply.text)).toEqual(value);
    fits(within(schema), JSON.parse(reply.text));
    if (mediaType !== '*/*') expect(reply.headers['content-type']).toContain(mediaType);

    const described = Object.entries(response.headers ?? {});
    for (const [name, given] of described) {
      const found = reply.headers[name.toLowerCase()];
      const known = resolved<Header>(given as Header);
      if (known.required) expect([name, found]).not.toEqual([name, undefined]);
      if (found !== undefined) fits(within(known.schema), found);
    }
    const names = described.map(([name]) => name.toLowerCase());
    const telling = Object.keys(reply.headers).filter((name) => TELLING.test(name));
    expect(names).toEqual(expect.arrayContaining(telling));
  });
});

describeOnEach('the OpenAPI document', (platform) => {
  const fixtures = new Fixtures(platform);
  let backend: ScriptedBackend;

  beforeEach(async () => {
    backend = await fixtures.backend();
  });

  it('is served, and the same as in git', async () => {
    const service = await fixtures.service(backend, { env: OPERATED });
    const reply = await service.get('/openapi.json');
    expect(reply.status).toBe(200);
    expect(reply.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(JSON.parse(reply.text)).toEqual(COMMITTED);
    expect(reply.text).not.toContain(new URL(backend.url).host);
    expect((await service.get('/openapi.json', { method: 'HEAD' })).body).toHaveLength(0);
    expect((await service.get('/openapi.json', { method: 'POST' })).status).toBe(405);
  });

  it.each([
    ['there is no token', {}],
    ['they have a port of their own', { ...OPERATED, ADMIN_PORT: '0' }],
  ])('says nothing of what is for operators where %s', async (_, env) => {
    const service = await fixtures.service(backend, { env });
    const { text } = await service.get('/openapi.json');
    expect(text).not.toContain('/admin');
    expect(text).not.toContain('Purge');
    expect(text.includes('/metrics')).toBe(!('ADMIN_PORT' in env));
  });

  it('has a page, which loads nothing from elsewhere', async () => {
    const service = await fixtures.service(backend);
    const page = await service.get('/docs');
    expect(page.status).toBe(200);
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
    const links = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link = '']) => link);
    const own = links.filter((link) => link !== 'data:,');
    expect(own.length).toBeGreaterThan(3);
    for (const link of own) {
      const { pathname, host } = new URL(link, 'http://service/docs');
      expect(host).toBe('service');
      const file = await service.get(pathname);
      expect(file.status).toBe(200);
      expect(file.headers['x-content-type-options']).toBe('nosniff');
    }
  });

  it.each(['package.json', '..%2Fpackage.json', 'constructor', '__proto__', 'swagger-ui.css.map'])(
    'has no file of the page called %s',
    async (name) => {
      const reply = await (await fixtures.service(backend)).get(`/docs/${name}`);
      expect(reply.status).toBe(404);
      expect(reply.text).toBe('{"error":"not found"}');
    },
  );

  it('is not there, and nor is the page, with API_DOCS=off', async () => {
    const service = await fixtures.service(backend, { env: { API_DOCS: 'off' } });
    for (const path of ['/openapi.json', '/docs', '/docs/swagger-ui.css']) {
      expect((await service.get(path)).status).toBe(404);
    }
  });
});
