import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { ExpressAdapter } from '@nestjs/platform-express';
import { isStraight } from './is-straight.js';

type Handler = (request: IncomingMessage, response: unknown, next: () => void) => void;

interface Express {
  use(...handlers: unknown[]): void;
  get(path: string, ...handlers: Handler[]): void;
  handle(request: IncomingMessage, response: object, done: (error?: unknown) => void): void;
}

const passOn: Handler = (_request, _response, next) => next();

describe('isStraight', () => {
  let adapter: ExpressAdapter;
  let express: Express;

  beforeEach(() => {
    adapter = new ExpressAdapter();
    express = adapter.getInstance();
  });

  /** What is seen of a request from within the last handler of `/stock`. */
  const seenFrom = (url: string, see = isStraight, ...before: Handler[]): Promise<boolean> =>
    new Promise((resolve, reject) => {
      express.get('/stock', ...before, (request) => resolve(see(request, adapter)));
      const request = Object.assign(new IncomingMessage(new Socket()), { method: 'GET', url });
      const response = { setHeader: () => undefined };
      express.handle(request, response, (error) => reject(new Error('no route', { cause: error })));
    });

  it('is true for a request that meets nothing but its route', async () => {
    expect(await seenFrom('/stock?a=b')).toBe(true);
  });

  it('is true past other routes, other paths, body parsers and handlers of errors', async () => {
    express.get('/elsewhere', passOn);
    express.use('/stockings', passOn);
    adapter.registerParserMiddleware();
    express.use((_error: unknown, _request: unknown, _response: unknown, next: () => void) =>
      next(),
    );
    expect(await seenFrom('/stock')).toBe(true);
  });

  it('is true past what comes after the route', async () => {
    const asked = seenFrom('/stock');
    express.use(passOn);
    expect(await asked).toBe(true);
  });

  it('is false where the route has another handler before', async () => {
    expect(await seenFrom('/stock', isStraight, passOn)).toBe(false);
  });

  it('is false past an anonymous function that is not the hooks of the adapter', async () => {
    express.use((...passed: Parameters<Handler>) => passed[2]());
    expect(await seenFrom('/stock')).toBe(false);
  });

  it('is false where the target was rewritten', async () => {
    const rewrites: Handler = (request, _response, next) => {
      request.url = '/stock';
      next();
    };
    express.get('/store', rewrites);
    expect(await seenFrom('/store')).toBe(false);
  });

  it.each([
    ['no application', { app: undefined }],
    ['no route', { route: undefined }],
    ['no router', { app: {} }],
    ['a router without layers', { app: { router: {} } }],
    ['layers without the route', { app: { router: { stack: [] } } }],
  ])('is false where it sees %s', async (_what, change) => {
    const changed: typeof isStraight = (request, ...rest) => {
      const members = Object.entries(change).map(([name, value]) => [name, { value }]);
      Object.defineProperties(request, Object.fromEntries(members) as PropertyDescriptorMap);
      return isStraight(request, ...rest);
    };
    expect(await seenFrom('/stock', changed)).toBe(false);
  });

  it('is false for a request of Node itself, as Fastify has it', () => {
    const request = Object.assign(new IncomingMessage(new Socket()), { url: '/stock' });
    expect(isStraight(request, adapter)).toBe(false);
  });
});
