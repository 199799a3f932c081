import { Agent, get as httpGet, IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:http';
import { get as httpsGet } from 'node:https';
import type { RequestOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Controller, Get, Module, Req, Res } from '@nestjs/common';
import type { INestApplication, NestApplicationOptions } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ExpressAdapter } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { TestCertificate } from '../cluster/testing/test-certificate.js';
import { StableExpressAdapter } from './stable-express.adapter.js';

/** What Express gives to requests and responses. */
type ExpressRequest = IncomingMessage & { readonly [member: string]: unknown };
type ExpressResponse = ServerResponse & {
  readonly [member: string]: unknown;
  json(body: unknown): void;
};

interface Express {
  request: object;
  response: object;
  handle(request: IncomingMessage, response: ServerResponse, done?: unknown): void;
  use(...handlers: unknown[]): void;
}

@Controller()
class EchoController {
  @Get('echo/:word')
  echo(@Req() request: ExpressRequest, @Res() response: ExpressResponse): void {
    const { params, query, path, hostname, protocol, originalUrl, added } = request;
    const accepts = (request['accepts'] as (type: string) => unknown)('json');
    response.json({ params, query, path, hostname, protocol, originalUrl, accepts, added });
  }

  @Get('plain')
  plain(): object {
    return { plain: true };
  }
}

@Module({ controllers: [EchoController] })
class EchoModule {}

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

const apps: INestApplication<Server>[] = [];
const certificates: TestCertificate[] = [];

async function start(
  adapter: ExpressAdapter,
  options: NestApplicationOptions = {},
  prepare: (app: INestApplication<Server>) => void = () => undefined,
): Promise<INestApplication<Server>> {
  const module = await Test.createTestingModule({ imports: [EchoModule] }).compile();
  const settings = { logger: false, ...options } as const;
  const app = module.createNestApplication<INestApplication<Server>>(adapter, settings);
  apps.push(app);
  prepare(app);
  await app.listen(0, '127.0.0.1');
  return app;
}

function ask(app: INestApplication<Server>, path: string, tls?: RequestOptions): Promise<Answer> {
  const { port } = app.getHttpServer().address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const where = { host: '127.0.0.1', port, path, agent: false as const, ...tls };
    const asked = (tls ? httpsGet : httpGet)(where, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      const { statusCode: status, headers } = response;
      response.once('end', () => resolve({ status, headers, body }));
    });
    asked.once('error', reject);
  });
}

const expressOf = (adapter: ExpressAdapter): Express => adapter.getInstance();

/** Prototypes of each request and response before Express, and in a handler. */
function watchPrototypes(app: INestApplication<Server>) {
  const before: unknown[] = [];
  const within: unknown[] = [];
  const of = (...objects: object[]) => objects.map((o) => Object.getPrototypeOf(o) as unknown);
  app.getHttpServer().prependListener('request', (...both) => before.push(...of(...both)));
  app.use((request: object, response: object, next: () => void) => {
    within.push(...of(request, response));
    next();
  });
  return { before, within };
}

afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
  for (const certificate of certificates.splice(0)) certificate.remove();
});

describe('StableExpressAdapter', () => {
  it('leaves each request and response the prototype that it is born with', async () => {
    const adapter = new StableExpressAdapter();
    let seen = { before: [] as unknown[], within: [] as unknown[] };
    const app = await start(adapter, {}, (made) => (seen = watchPrototypes(made)));
    await ask(app, '/plain');
    await ask(app, '/echo/a');
    expect(adapter.isStable).toBe(true);
    expect(seen.before).toHaveLength(4);
    expect(seen.within.every((prototype, at) => prototype === seen.before[at])).toBe(true);
  });

  it('does what is otherwise not so', async () => {
    let seen = { before: [] as unknown[], within: [] as unknown[] };
    const app = await start(new ExpressAdapter(), {}, (made) => (seen = watchPrototypes(made)));
    await ask(app, '/plain');
    expect(seen.before).toEqual([IncomingMessage.prototype, ServerResponse.prototype]);
    expect(seen.within.some((prototype, at) => prototype === seen.before[at])).toBe(false);
  });

  it.each(['/echo/a%20b?c=d&c=e', '/plain', '/none', '/echo/%zz'])(
    'answers %s as ExpressAdapter does, to the last header',
    async (path) => {
      const answers: Answer[] = [];
      for (const adapter of [new StableExpressAdapter(), new ExpressAdapter()]) {
        const { headers, ...answer } = await ask(await start(adapter), path);
        answers.push({ ...answer, headers: { ...headers, date: '' } });
      }
      expect(answers[0]).toEqual(answers[1]);
    },
  );

  it('knows nothing of it before the server is made', () => {
    expect(new StableExpressAdapter().isStable).toBe(false);
  });

  it('has requests and responses be those of Node, and of Express', async () => {
    const adapter = new StableExpressAdapter();
    const kinds: boolean[] = [];
    const app = await start(adapter, {}, (made) =>
      made.use((request: object, response: object, next: () => void) => {
        kinds.push(request instanceof IncomingMessage, response instanceof ServerResponse);
        kinds.push('accepts' in request, 'json' in response);
        next();
      }),
    );
    await ask(app, '/plain');
    expect(kinds).toEqual([true, true, true, true]);
  });

  it.each([
    ['before the server is made', 'early'],
    ['after it', 'late'],
  ])('shows what users add to the requests of their application %s', async (_when, when) => {
    const adapter = new StableExpressAdapter();
    const add = () => Object.assign(expressOf(adapter).request, { added: when });
    if (when === 'early') add();
    const app = await start(adapter, {}, () => when === 'late' && add());
    expect(adapter.isStable).toBe(true);
    expect(JSON.parse((await ask(app, '/echo/a')).body)).toMatchObject({ added: when });
  });

  it('serves applications that are mounted in it', async () => {
    const adapter = new StableExpressAdapter();
    const mounted = new ExpressAdapter().getInstance<Express & { get: Express['use'] }>();
    mounted.get('/hello', (_request: unknown, response: ExpressResponse) => {
      response.json({ hello: true });
    });
    const app = await start(adapter, {}, (made) => made.use('/mounted', mounted));
    expect((await ask(app, '/mounted/hello')).body).toBe('{"hello":true}');
    expect((await ask(app, '/mounted/none')).status).toBe(404);
    expect((await ask(app, '/plain')).body).toBe('{"plain":true}');
  });

  it('speaks TLS where the application does', async () => {
    const certificate = TestCertificate.create();
    certificates.push(certificate);
    const { readFileSync } = await import('node:fs');
    const adapter = new StableExpressAdapter();
    let seen = { before: [] as unknown[], within: [] as unknown[] };
    const httpsOptions = { key: readFileSync(certificate.keyFile), cert: certificate.ca };
    const app = await start(adapter, { httpsOptions }, (made) => (seen = watchPrototypes(made)));
    const answer = await ask(app, '/echo/a', { ca: certificate.ca });
    expect(JSON.parse(answer.body)).toMatchObject({ protocol: 'https', path: '/echo/a' });
    expect(adapter.isStable).toBe(true);
    expect(seen.within).toEqual(seen.before);
  });

  it.each([true, false])(
    'closes the connections that are open at the end where asked to: %s',
    async (forceCloseConnections) => {
      const app = await start(new StableExpressAdapter(), { forceCloseConnections });
      const server = app.getHttpServer();
      const sockets: { destroyed: boolean }[] = [];
      server.on('connection', (socket) => sockets.push(socket));
      const agent = new Agent({ keepAlive: true });
      const hanging = ask(app, '/plain', undefined);
      await hanging;
      expect(sockets).toHaveLength(1);
      agent.destroy();
      const { port } = server.address() as AddressInfo;
      const { connect } = await import('node:net');
      // Silent: Node waits for its request when it closes.
      const silent = connect(port, '127.0.0.1');
      silent.on('error', () => undefined);
      await new Promise((resolve) => server.once('connection', resolve));
      const closing = app.close();
      await new Promise(setImmediate);
      expect(sockets.at(-1)?.destroyed).toBe(forceCloseConnections);
      silent.destroy();
      await closing;
    },
  );
});

describe('StableExpressAdapter, on an Express that is not as assumed', () => {
  const cases: [string, (express: Express) => void][] = [
    [
      'sets other prototypes',
      (express) => {
        const { handle, request } = express;
        const other = Object.create(request) as object;
        express.handle = function (this: Express, asked, ...rest) {
          handle.call(this, asked, ...rest);
          Object.setPrototypeOf(asked, other);
        };
      },
    ],
    [
      'answers without its router',
      (express) => {
        express.handle = (_request, response) => response.end('{"plain":true}');
      },
    ],
    [
      'cannot handle a stand-in',
      (express) => {
        const { handle } = express;
        express.handle = function (this: Express, ...passed) {
          if (this !== express) throw new Error('not the application');
          handle.apply(express, passed);
        };
      },
    ],
  ];

  it.each(cases)('falls back to the server of ExpressAdapter: it %s', async (_how, change) => {
    const adapter = new StableExpressAdapter();
    const express = expressOf(adapter);
    change(express);
    const { request, response } = express;
    const app = await start(adapter);
    expect(adapter.isStable).toBe(false);
    expect([express.request, express.response]).toEqual([request, response]);
    expect(await ask(app, '/plain')).toMatchObject({ status: 200, body: '{"plain":true}' });
  });

  it('falls back where it has no prototypes of its own to set', async () => {
    const adapter = new StableExpressAdapter();
    const express = expressOf(adapter);
    const { handle, request } = express;
    Reflect.deleteProperty(express, 'request');
    express.handle = function (this: Express, ...passed) {
      return handle.apply(Object.create(express, { request: { value: request } }), passed);
    };
    const app = await start(adapter);
    expect(adapter.isStable).toBe(false);
    expect(await ask(app, '/plain')).toMatchObject({ status: 200, body: '{"plain":true}' });
  });
});
