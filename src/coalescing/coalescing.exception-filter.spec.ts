import { Controller, Get, Query, UseFilters } from '@nestjs/common';
import type { ArgumentsHost, INestApplication } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
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
  const hostOf = (type: string): ArgumentsHost => ({ getType: () => type }) as ArgumentsHost;

  it('answers microservice handlers with an error of theirs', async () => {
    const answer = filter.catch(ERRORS.flights, hostOf('rpc')) as Observable<never>;
    await expect(firstValueFrom(answer)).rejects.toEqual({
      status: 'error',
      message: 'overloaded',
    });
  });

  it('passes the exception on in other contexts', () => {
    expect(() => filter.catch(ERRORS.flights, hostOf('graphql'))).toThrow(ERRORS.flights);
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
