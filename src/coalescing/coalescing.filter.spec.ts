import { Controller, Get, Query, UseFilters } from '@nestjs/common';
import type { ArgumentsHost, DynamicModule, INestApplication } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { firstValueFrom } from 'rxjs';
import type { Observable } from 'rxjs';
import request from 'supertest';
import {
  CallerTimeoutError,
  CoalescerClosedError,
  CoalescerOverloadedError,
  CoalescingExceptionFilter,
  CoalescingModule,
  CoalescingService,
  FlightTimeoutError,
  SelfJoinError,
} from './index.js';

const ERRORS = {
  flights: new CoalescerOverloadedError('c', 'max-flights', 1_001),
  joiners: new CoalescerOverloadedError('c', 'max-joiners', 200),
  'key too long': new CoalescerOverloadedError('c', 'key-too-long', undefined),
  'flight timeout': new FlightTimeoutError('c', 100),
  'caller timeout': new CallerTimeoutError('c', 100),
  closed: new CoalescerClosedError('c'),
  'self join': new SelfJoinError('c', 'hash'),
};

@Controller()
@UseFilters(CoalescingExceptionFilter)
class FailingController {
  @Get()
  fail(@Query('with') name: keyof typeof ERRORS): never {
    throw ERRORS[name];
  }
}

const ADAPTERS = { Express: ExpressAdapter, Fastify: FastifyAdapter };

describe.each(Object.entries(ADAPTERS))('on %s', (_, Adapter) => {
  let app: INestApplication;

  beforeAll(async () => {
    const module = await Test.createTestingModule({ controllers: [FailingController] }).compile();
    app = module.createNestApplication(new Adapter() as ExpressAdapter, { logger: false });
    await app.init();
    if (Adapter === FastifyAdapter) {
      await (app as unknown as NestFastifyApplication).getHttpAdapter().getInstance().ready();
    }
  });

  afterAll(() => app.close());

  it.each([
    ['flights', 503, 'overloaded', '2'],
    ['joiners', 503, 'overloaded', '1'],
    ['key too long', 414, 'key too long', undefined],
    ['flight timeout', 504, 'timeout', undefined],
    ['caller timeout', 504, 'timeout', undefined],
    ['closed', 503, 'shutting down', undefined],
  ])('answers %s with %d %j', async (name, status, error, retryAfter) => {
    const response = await request(app.getHttpServer()).get('/').query({ with: name });
    expect(response.status).toBe(status);
    expect(response.body).toEqual({ error });
    expect(response.type).toBe('application/json');
    expect(response.get('Retry-After')).toBe(retryAfter);
    expect(response.get('Cache-Control')).toBe('no-store');
  });

  it('leaves all other errors to others', async () => {
    const response = await request(app.getHttpServer()).get('/').query({ with: 'self join' });
    expect(response.status).toBe(500);
  });
});

describe('elsewhere', () => {
  const filter = new CoalescingExceptionFilter({} as never);
  const hostOf = (type: string, args: unknown[] = []): ArgumentsHost =>
    ({ getType: () => type, getArgs: () => args }) as unknown as ArgumentsHost;

  const message = {
    ...{ status: 'error', message: 'overloaded' },
    ...{ code: 'BREAKWATER_COALESCER_OVERLOADED', retryAfterMs: 1_001 },
  };

  it('answers microservice handlers with an error of theirs', async () => {
    const answer = filter.catch(ERRORS.flights, hostOf('rpc')) as Observable<never>;
    await expect(firstValueFrom(answer)).rejects.toEqual(message);
    const late = filter.catch(ERRORS['caller timeout'], hostOf('rpc')) as Observable<never>;
    await expect(firstValueFrom(late)).rejects.toEqual({
      ...{ status: 'error', message: 'timeout', code: 'BREAKWATER_CALLER_TIMEOUT' },
    });
  });

  it.each([
    ['flights', 14, { 'grpc-retry-pushback-ms': '1001' }],
    ['closed', 14, {}],
    ['key too long', 3, {}],
    ['flight timeout', 4, {}],
  ] as const)('is a status over gRPC: %s', async (name, code, trailers) => {
    class Metadata extends Map<string, string> {}
    const call = { metadata: new Metadata(), sendMetadata: () => undefined };
    const told = filter.catch(ERRORS[name], hostOf('rpc', [{}, call])) as Observable<never>;
    const status: unknown = await firstValueFrom(told).catch((thrown: unknown) => thrown);
    expect(status).toBeInstanceOf(Error);
    expect(status).toMatchObject({ code, details: (status as Error).message });
    expect(Object.fromEntries((status as { metadata: Metadata }).metadata)).toEqual(trailers);
  });

  it('reaches the client of a gateway as an exception event', () => {
    const client = { emit: jest.fn() };
    const host = { getType: () => 'ws', switchToWs: () => ({ getClient: () => client }) };
    filter.catch(ERRORS.flights, host as unknown as ArgumentsHost);
    expect(client.emit).toHaveBeenCalledWith('exception', message);
  });

  it('throws on in other contexts what tells nothing of the names in the application', () => {
    const named = new CoalescerOverloadedError('secret', 'max-flights', 200.5);
    let thrown: unknown;
    try {
      filter.catch(named, hostOf('graphql'));
    } catch (refusal) {
      thrown = refusal;
    }
    expect(thrown).toMatchObject({
      name: 'RefusedCallError',
      message: 'overloaded',
      extensions: { code: 'BREAKWATER_COALESCER_OVERLOADED', retryAfterMs: 201 },
    });
    expect(JSON.stringify(thrown) + String(thrown)).not.toContain('secret');
  });

  it('ends a response whose headers have been sent', () => {
    const calls: unknown[] = [];
    const response = {};
    const httpAdapter = {
      isHeadersSent: () => true,
      end: (...args: unknown[]) => calls.push(args),
    };
    const host = {
      getType: () => 'http',
      switchToHttp: () => ({ getResponse: () => response }),
    };
    new CoalescingExceptionFilter({ httpAdapter } as never).catch(
      ERRORS.flights,
      host as unknown as ArgumentsHost,
    );
    expect(calls).toEqual([[response]]);
  });
});

describe('what coalescing refuses in an application', () => {
  @Controller()
  class Rates {
    constructor(private readonly flights: CoalescingService) {}

    @Get()
    rate() {
      void this.flights.run('other', () => new Promise(() => undefined));
      return this.flights.run('rate', () => 1);
    }
  }

  let app: INestApplication | undefined;

  afterEach(() => app?.close());

  async function answer(
    root: DynamicModule,
    Adapter: typeof ExpressAdapter | typeof FastifyAdapter,
  ) {
    const testing = await Test.createTestingModule({
      imports: [root],
      controllers: [Rates],
    }).compile();
    app = testing.createNestApplication(new Adapter() as ExpressAdapter, { logger: false });
    await app.listen(0, '127.0.0.1');
    return request(app.getHttpServer()).get('/');
  }

  const full = { maxFlights: 1, retryAfterMs: 1_500 };

  it.each([
    ['Express', 'forRoot', ExpressAdapter, CoalescingModule.forRoot(full)],
    ['Fastify', 'forRoot', FastifyAdapter, CoalescingModule.forRoot(full)],
    [
      ...(['Express', 'forRootAsync', ExpressAdapter] as const),
      CoalescingModule.forRootAsync({ useFactory: () => full }),
    ],
  ] as const)('is answered by 503 with Retry-After on %s, by %s', async (_, __, Adapter, root) => {
    const { status, headers, body } = await answer(root, Adapter);
    expect([status, body]).toEqual([503, { error: 'overloaded' }]);
    expect(headers).toMatchObject({ 'retry-after': '2', 'cache-control': 'no-store' });
  });

  it('is left to the application that asks for it', async () => {
    const root = CoalescingModule.forRoot({ ...full, answerRefusals: false });
    expect((await answer(root, ExpressAdapter)).status).toBe(500);
  });
});
