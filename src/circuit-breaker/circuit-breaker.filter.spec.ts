import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import type { ArgumentsHost, DynamicModule, HttpServer, INestApplication } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/internal';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { firstValueFrom } from 'rxjs';
import type { Observable } from 'rxjs';
import request from 'supertest';
import type { App } from 'supertest/types.js';
import {
  CircuitBreaker,
  CircuitBreakerModule,
  CircuitOpenError,
  CircuitOpenExceptionFilter,
  InjectCircuitBreaker,
} from './index.js';

const filter = new CircuitOpenExceptionFilter(new HttpAdapterHost());
const error = new CircuitOpenError('payments', { state: 'open', retryAfterMs: 1_499.25 });
const message = {
  status: 'error',
  message: 'circuit open',
  code: 'BREAKWATER_CIRCUIT_OPEN',
  state: 'open',
  retryAfterMs: 1_500,
};

function hostOf(type: string, args: unknown[]): ArgumentsHost {
  const host = new ExecutionContextHost(args);
  host.setType(type);
  return host;
}

describe('a refusal where there is no HTTP', () => {
  it('reaches the caller of a microservice as an error that can be serialised', async () => {
    const told = filter.catch(error, hostOf('rpc', [{}, {}])) as Observable<never>;
    await expect(firstValueFrom(told)).rejects.toEqual(message);
  });

  describe('over gRPC', () => {
    class Metadata extends Map<string, string> {}
    const call = (metadata = new Metadata([['tenant', 'a']])) => ({
      ...{ metadata, sendMetadata: () => undefined },
    });

    it.each([
      ['a call with one request', [{}, call().metadata, call()]],
      ['a stream of requests', [{ subscribe: () => undefined }, call().metadata, call()]],
      ['a call as it is', [call(), () => undefined]],
    ])('is UNAVAILABLE, and says how long to wait: %s', async (_, args) => {
      const told = filter.catch(error, hostOf('rpc', args)) as Observable<never>;
      const status: unknown = await firstValueFrom(told).catch((thrown: unknown) => thrown);
      expect(status).toBeInstanceOf(Error);
      expect(status).toMatchObject({ code: 14, message: 'circuit open', details: 'circuit open' });
      const { metadata } = status as { metadata: Metadata };
      expect(metadata).toBeInstanceOf(Metadata);
      expect([...metadata]).toEqual([['grpc-retry-pushback-ms', '1500']]);
      expect(JSON.stringify(status)).not.toContain('payments');
    });

    it('says no time where none is known', async () => {
      const halfOpen = new CircuitOpenError('payments', { state: 'half-open' });
      const told = filter.catch(halfOpen, hostOf('rpc', [{}, {}, call()])) as Observable<never>;
      await expect(firstValueFrom(told)).rejects.toMatchObject({
        code: 14,
        metadata: { size: 0 },
      });
    });
  });

  it('reaches the client of a gateway as an exception event', () => {
    const client = { emit: jest.fn() };
    filter.catch(error, hostOf('ws', [client, {}]));
    expect(client.emit).toHaveBeenCalledWith('exception', message);
  });

  it('does no harm to a client without events', () => {
    expect(() => filter.catch(error, hostOf('ws', [{}, {}]))).not.toThrow();
  });

  it('is sent to a client of ws, whose own events stay here', () => {
    const client = { readyState: 1, emit: jest.fn(), send: jest.fn() };
    filter.catch(error, hostOf('ws', [client, {}]));
    expect(client.send).toHaveBeenCalledWith(JSON.stringify({ event: 'exception', data: message }));
    expect(client.emit).not.toHaveBeenCalled();
  });

  it('is thrown on everywhere else, without what the application calls its circuits', () => {
    let thrown: unknown;
    try {
      filter.catch(error, hostOf('graphql', [{}, {}]));
    } catch (refusal) {
      thrown = refusal;
    }
    const { code, state, retryAfterMs } = message;
    expect(thrown).toMatchObject({
      name: 'CircuitRefusedError',
      message: 'circuit open',
      extensions: { code, state, retryAfterMs },
    });
    expect(JSON.stringify(thrown) + String(thrown)).not.toContain('payments');
  });
});

describe('a refusal of an injected circuit', () => {
  @Controller()
  class Rates {
    constructor(@InjectCircuitBreaker('rates') private readonly breaker: CircuitBreaker) {}

    @Get('rate')
    rate() {
      return this.breaker.execute(() => Promise.reject(new Error('down')));
    }
  }

  let app: INestApplication<App> | undefined;

  afterEach(() => app?.close());

  async function answer(
    root: DynamicModule,
    Adapter: typeof ExpressAdapter | typeof FastifyAdapter,
  ) {
    const testing = await Test.createTestingModule({
      imports: [root, CircuitBreakerModule.forFeature(['rates'])],
      controllers: [Rates],
    }).compile();
    app = testing.createNestApplication<INestApplication<App>>(new Adapter() as HttpServer, {
      logger: false,
    });
    await app.listen(0, '127.0.0.1');
    const agent = request(app.getHttpServer());
    for (let call = 0; call < 3; call++) await agent.get('/rate').expect(500);
    return agent.get('/rate');
  }

  it.each([
    ['Express', 'forRoot', ExpressAdapter, CircuitBreakerModule.forRoot()],
    ['Fastify', 'forRoot', FastifyAdapter, CircuitBreakerModule.forRoot()],
    [
      'Express',
      'forRootAsync',
      ExpressAdapter,
      CircuitBreakerModule.forRootAsync({ useFactory: () => ({}) }),
    ],
  ])(
    'is answered by 503 without a word of the application on %s, by %s',
    async (_, __, on, root) => {
      const { status, headers, body } = await answer(root, on);
      expect([status, body]).toEqual([503, { error: 'circuit open' }]);
      expect(headers).toMatchObject({ 'x-circuit-state': 'open', 'retry-after': '5' });
    },
  );

  it('is left to the application that asks for it', async () => {
    const root = CircuitBreakerModule.forRoot({ answerRefusals: false });
    expect((await answer(root, ExpressAdapter)).status).toBe(500);
  });
});
