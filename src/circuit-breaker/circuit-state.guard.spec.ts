import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, UseGuards } from '@nestjs/common';
import type { CanActivate, HttpServer, INestApplication } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import type { App } from 'supertest/types.js';
import { CircuitBreakerModule, CircuitBreakerService, UseCircuitBreaker } from './index.js';

class Refuses implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@Controller('above')
@UseCircuitBreaker('rates')
@UseGuards(Refuses)
class Above {
  @Get()
  get(): void {
    // Nobody comes here.
  }
}

@Controller('below')
@UseGuards(Refuses)
@UseCircuitBreaker('rates')
class Below {
  @Get()
  get(): void {
    // Nobody comes here.
  }
}

@Controller('of-method')
@UseGuards(Refuses)
class OfMethod {
  @Get()
  @UseCircuitBreaker('rates')
  get(): void {
    // Nobody comes here.
  }
}

@Controller('guarded-method')
@UseCircuitBreaker('rates')
class GuardedMethod {
  @Get()
  @UseGuards(Refuses)
  get(): void {
    // Nobody comes here.
  }
}

describe.each([
  ['Express', ExpressAdapter],
  ['Fastify', FastifyAdapter],
])('A request that a guard refuses, on %s', (_, Adapter) => {
  let app: INestApplication<App> | undefined;

  afterEach(() => app?.close());

  it('is told the state of the circuit, which is not asked', async () => {
    const testing = await Test.createTestingModule({
      imports: [CircuitBreakerModule.forRoot()],
      controllers: [Above, Below, OfMethod, GuardedMethod],
    }).compile();
    app = testing.createNestApplication<INestApplication<App>>(new Adapter() as HttpServer);
    await app.listen(0, '127.0.0.1');
    const circuit = app.get(CircuitBreakerService).circuit('rates');
    for (const state of ['closed', 'open'] as const) {
      for (const path of ['/above', '/below', '/of-method', '/guarded-method']) {
        const { status, headers } = await request(app.getHttpServer()).get(path);
        expect([path, status, headers['x-circuit-state']]).toEqual([path, 403, state]);
      }
      expect(circuit.describe().inFlight).toBe(0);
      circuit.isolate();
    }
  });
});
