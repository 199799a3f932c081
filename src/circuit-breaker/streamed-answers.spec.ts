import { once } from 'node:events';
import { get } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough, Readable, pipeline } from 'node:stream';
import { HttpModule, HttpService } from '@nestjs/axios';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Param, Res, StreamableFile } from '@nestjs/common';
import { of } from 'rxjs';
import request from 'supertest';
import { ManualClock } from '../ground/manual-clock.js';
import { CircuitBreakerModule, CircuitBreakerService, UseCircuitBreaker } from './index.js';
import { ADAPTERS, startApp } from './testing/start-app.js';
import type { StartedApp } from './testing/start-app.js';

/** What the backend sends to the handler of the request under way. */
let source: PassThrough;

@Controller('files')
@UseCircuitBreaker('files')
class FilesController {
  constructor(
    private readonly circuits: CircuitBreakerService,
    private readonly http: HttpService,
  ) {}

  @Get('file')
  file() {
    return new StreamableFile(source);
  }

  @Get('observed')
  observed() {
    return of(new StreamableFile(source));
  }

  @Get('piped')
  piped(@Res() response: ServerResponse & { raw?: ServerResponse }): void {
    pipeline(source, response.raw ?? response, () => undefined);
  }

  @Get('plain')
  plain(): Readable {
    return source;
  }

  @Get('web')
  web() {
    return Readable.toWeb(source);
  }

  @Get('response')
  response() {
    return new Response(Readable.toWeb(source) as ReadableStream);
  }

  @Get('in-memory')
  inMemory() {
    return new StreamableFile(Buffer.from('whole'));
  }

  @Get('called/:port/:path')
  @UseCircuitBreaker('ignored')
  async called(@Param('port') port: string, @Param('path') path: string) {
    const { data } = await this.circuits
      .circuit('called')
      .execute(() => this.http.get<{ fine: boolean }>(`http://127.0.0.1:${port}/files/${path}`));
    return { fine: data.fine };
  }

  @Get('fine')
  fine() {
    return { fine: true };
  }

  @Get('broken')
  broken() {
    throw new Error('broken');
  }
}

describe.each(ADAPTERS)('an answer that is a stream, on %s', (adapter) => {
  let started: StartedApp;
  const clock = new ManualClock();
  const circuit = () => started.app.get(CircuitBreakerService).circuit('files');
  const settled = async () => {
    while (circuit().describe().inFlight > 0) await new Promise(setImmediate);
  };

  beforeEach(async () => {
    source = new PassThrough();
    started = await startApp(adapter, {
      imports: [CircuitBreakerModule.forRoot({ clock }), HttpModule],
      controllers: [FilesController],
    });
  });

  afterEach(() => started.app.close());

  /** Asks, and reads the first bytes. */
  const begin = async (path: string) => {
    const asked = get({ port: started.port, path: `/files/${path}`, agent: false });
    asked.on('error', () => undefined);
    source.write('half');
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    response.on('error', () => undefined);
    await once(response, 'readable');
    return response;
  };
  const ways = [
    'file',
    'observed',
    'piped',
    ...(adapter === 'fastify' ? ['plain', 'web', 'response'] : []),
  ];

  describe.each(ways)('of a handler that answers by %s', (path) => {
    it('has succeeded when it has ended, and keeps the place of the probe until then', async () => {
      for (let times = 0; times < 3; times++) await request(started.server).get('/files/broken');
      clock.advance(5_000);
      const response = await begin(path);
      expect(circuit().describe()).toMatchObject({ state: 'half-open', inFlight: 1 });
      expect((await request(started.server).get('/files/broken')).status).toBe(503);
      source.end('whole');
      response.resume();
      await settled();
      expect(circuit().state).toBe('closed');
    });

    it('that breaks half-way has failed', async () => {
      await begin(path);
      source.destroy(new Error('the backend has gone'));
      await settled();
      expect(circuit().describe().outlook).toBe('1 of 3 consecutive failures');
    });

    it('that its client leaves gives no verdict', async () => {
      await request(started.server).get('/files/broken');
      (await begin(path)).destroy();
      await settled();
      expect(circuit().describe().outlook).toBe('1 of 3 consecutive failures');
    });
  });

  it('has succeeded when it was in memory', async () => {
    await request(started.server).get('/files/broken');
    expect((await request(started.server).get('/files/in-memory')).status).toBe(200);
    await settled();
    expect(circuit().describe().outlook).toBe('0 of 3 consecutive failures');
  });

  it("of Nest's HttpService is asked for and judged by the circuit that runs it", async () => {
    const { port, server } = started;
    const called = started.app.get(CircuitBreakerService).circuit('called');
    const fine = await request(server).get(`/files/called/${port}/fine`);
    expect(fine.body).toEqual({ fine: true });
    for (let times = 0; times < 3; times++) {
      await request(server).get(`/files/called/${port}/broken`);
    }
    expect(called.state).toBe('open');
  });
});
