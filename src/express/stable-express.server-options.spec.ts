import { once } from 'node:events';
import { createServer, get, request as httpRequest } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, Get, Module, Post, Req, Res } from '@nestjs/common';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterEach, describe, expect, it } from '@jest/globals';
import { StableExpressAdapter } from './stable-express.adapter.js';
import type { HttpServerOptions } from './stable-express.adapter.js';

@Controller()
class ReadingController {
  waiting: ServerResponse | undefined;

  @Get('wait')
  wait(@Res() response: ServerResponse): void {
    this.waiting = response;
  }

  @Get('ended')
  ended(@Req() { readableEnded }: IncomingMessage): boolean {
    return readableEnded;
  }

  @Post('body')
  async body(@Req() request: IncomingMessage): Promise<string> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString();
  }
}

@Module({ controllers: [ReadingController] })
class ReadingModule {}

describe('the server options of StableExpressAdapter', () => {
  let app: INestApplication<Server> | undefined;

  const start = async (...options: ConstructorParameters<typeof StableExpressAdapter>) => {
    const adapter = new StableExpressAdapter(...options);
    app = await NestFactory.create(ReadingModule, adapter, { logger: false, bodyParser: false });
    await app.listen(0, '127.0.0.1');
    return (app.getHttpServer().address() as AddressInfo).port;
  };

  const text = async (asked: ReturnType<typeof httpRequest>): Promise<string> => {
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    return (await response.setEncoding('utf8').toArray()).join('');
  };

  /** What Node's own server says: not every version knows the option. */
  const endedByNode = async (): Promise<string> => {
    const options: HttpServerOptions = { optimizeEmptyRequests: true };
    const server = createServer(options, (request, response) => {
      response.end(String(request.readableEnded));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const ended = await text(get({ port, agent: false }));
    server.close();
    return ended;
  };

  afterEach(() => app?.close());

  it('are the server’s', async () => {
    await start(undefined, { keepAliveTimeout: 1_234 });
    expect(app?.getHttpServer().keepAliveTimeout).toBe(1_234);
  });

  it('leave requests as they are, where there are none', async () => {
    const port = await start();
    expect(await text(get({ port, path: '/ended', agent: false }))).toBe('false');
  });

  it('have requests without a body end at once, and no others', async () => {
    const port = await start(undefined, { optimizeEmptyRequests: true });
    expect(await text(get({ port, path: '/ended', agent: false }))).toBe(await endedByNode());
    const posting = httpRequest({ port, path: '/body', method: 'POST', agent: false });
    posting.write('all ');
    posting.end('of it');
    expect(await text(posting)).toBe('all of it');
  });

  it('have the response tell that the caller of such a request has left', async () => {
    const port = await start(undefined, { optimizeEmptyRequests: true });
    const asked = get({ port, path: '/wait', agent: false }).on('error', () => undefined);
    await once(app?.getHttpServer() as Server, 'request');
    const { waiting } = app?.get(ReadingController) as ReadingController;
    const closed = once(waiting as ServerResponse, 'close');
    asked.destroy();
    await closed;
    expect(waiting?.writableFinished).toBe(false);
  });
});
