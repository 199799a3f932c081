import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Injectable } from '@nestjs/common';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  NEVER,
  Observable,
  Subject,
  firstValueFrom,
  of,
  switchMap,
  throwError,
  timeout,
} from 'rxjs';
import request from 'supertest';
import type { App } from 'supertest/types.js';
import { ManualClock } from '../ground/manual-clock.js';
import { CircuitBreakerModule, CircuitBreakerService, UseCircuitBreaker } from './index.js';

let backendIsUp = true;
let silent = false;
let calls = 0;

function fetchRate(): Promise<string> {
  calls++;
  return backendIsUp ? Promise.resolve('1.1') : Promise.reject(new Error('down'));
}

@Injectable()
class Rates {
  @UseCircuitBreaker('promise')
  promise(): Promise<string> {
    return fetchRate();
  }

  @UseCircuitBreaker('unknown')
  unknown() {
    return fetchRate();
  }

  @UseCircuitBreaker('observable')
  observable(): Observable<string> {
    calls++;
    return backendIsUp ? of('1.1') : throwError(() => new Error('down'));
  }

  @UseCircuitBreaker('inferred')
  inferred() {
    return new Observable<string>((subscriber) => {
      calls++;
      if (silent) return;
      if (backendIsUp) subscriber.next('1.1');
      else subscriber.error(new Error('down'));
      subscriber.complete();
    });
  }

  @UseCircuitBreaker('hanging')
  hanging(): Observable<string> {
    return NEVER;
  }

  @UseCircuitBreaker('limited')
  limited(): Observable<string> {
    return NEVER.pipe(timeout(1));
  }

  @UseCircuitBreaker({ name: 'tenants', per: (tenant: string) => tenant })
  async ofTenant(tenant: string): Promise<string> {
    await fetchRate();
    return tenant;
  }

  @UseCircuitBreaker({ name: 'keyless', per: () => undefined as never })
  async keyless(): Promise<void> {
    await fetchRate();
  }
}

@Injectable()
@UseCircuitBreaker('whole')
class Whole {
  started = 0;

  onModuleInit(): void {
    this.started++;
  }

  async rate(): Promise<string> {
    await this.prepare();
    return fetchRate();
  }

  async prepare(): Promise<void> {
    await Promise.resolve();
  }
}

@Controller()
class RatesController {
  @Get('sync')
  @UseCircuitBreaker('handler')
  sync() {
    return { fine: true };
  }

  @UseCircuitBreaker('handler')
  @Get('fails')
  fails() {
    return fetchRate();
  }
}

describe('@UseCircuitBreaker() on a method that is called directly', () => {
  let app: INestApplication<App>;
  let rates: Rates;
  let circuits: CircuitBreakerService;
  const clock = new ManualClock();

  beforeEach(async () => {
    backendIsUp = true;
    calls = 0;
    const testing = await Test.createTestingModule({
      imports: [CircuitBreakerModule.forRoot({ clock })],
      controllers: [RatesController],
      providers: [Rates, Whole],
    }).compile();
    app = await testing.createNestApplication<INestApplication<App>>({ logger: false }).init();
    rates = app.get(Rates);
    circuits = app.get(CircuitBreakerService);
  });

  afterEach(() => app.close());

  it.each(['promise', 'unknown', 'observable', 'inferred'] as const)(
    'refuses what is known to fail, in the way that the method returns: %s',
    async (kind) => {
      const call = () => {
        const result = rates[kind]();
        return result instanceof Observable ? firstValueFrom(result) : result;
      };
      expect(await call()).toBe('1.1');
      backendIsUp = false;
      for (let i = 0; i < 3; i++) await expect(call()).rejects.toThrow('down');
      expect(circuits.circuit(kind).state).toBe('open');
      const before = calls;
      for (let i = 0; i < 50; i++) {
        await expect(call()).rejects.toMatchObject({ code: 'BREAKWATER_CIRCUIT_OPEN' });
      }
      expect(calls).toBe(before);
      expect(circuits.circuit(kind).describe().inFlight).toBe(0);
    },
  );

  it('takes a subscription that is superseded for no verdict', () => {
    const typed = new Subject<void>();
    const search = typed.pipe(switchMap(() => rates.hanging())).subscribe();
    for (let i = 0; i < 10; i++) typed.next();
    expect(circuits.circuit('hanging').describe()).toMatchObject({
      inFlight: 1,
      outlook: '0 of 3 consecutive failures',
    });
    search.unsubscribe();
    expect(circuits.circuit('hanging').describe()).toMatchObject({ state: 'closed', inFlight: 0 });
  });

  it('gives the place of a probe that is superseded to the next subscription', async () => {
    await rates.inferred().forEach(() => undefined);
    backendIsUp = false;
    for (let i = 0; i < 3; i++) await expect(firstValueFrom(rates.inferred())).rejects.toThrow();
    clock.advance(5_000);
    backendIsUp = true;
    expect(circuits.circuit('inferred').state).toBe('half-open');
    silent = true;
    rates.inferred().subscribe().unsubscribe();
    silent = false;
    expect(circuits.circuit('inferred').describe()).toMatchObject({
      state: 'half-open',
      inFlight: 0,
    });
    expect(await firstValueFrom(rates.inferred())).toBe('1.1');
    expect(circuits.circuit('inferred').state).toBe('closed');
  });

  it('takes a deadline of the method for a failure', async () => {
    for (let i = 0; i < 3; i++) {
      await expect(firstValueFrom(rates.limited())).rejects.toThrow('Timeout');
    }
    expect(circuits.circuit('limited').state).toBe('open');
  });

  it('has a circuit for each key of its first argument, and says so where there is none', async () => {
    backendIsUp = false;
    for (let i = 0; i < 3; i++) await expect(rates.ofTenant('bad')).rejects.toThrow('down');
    backendIsUp = true;
    await expect(rates.ofTenant('bad')).rejects.toMatchObject({ code: 'BREAKWATER_CIRCUIT_OPEN' });
    expect(await rates.ofTenant('good')).toBe('good');
    await expect(rates.keyless()).rejects.toThrow(
      `"per" of @UseCircuitBreaker({ name: 'keyless' }) gave undefined`,
    );
  });

  it('protects every method of a provider that is decorated as a whole, each call once', async () => {
    const whole = app.get(Whole);
    expect(whole.started).toBe(1);
    expect(await whole.rate()).toBe('1.1');
    backendIsUp = false;
    for (let i = 0; i < 3; i++) await expect(whole.rate()).rejects.toThrow('down');
    const before = calls;
    await expect(whole.rate()).rejects.toMatchObject({ code: 'BREAKWATER_CIRCUIT_OPEN' });
    await expect(whole.prepare()).rejects.toMatchObject({ code: 'BREAKWATER_CIRCUIT_OPEN' });
    expect(calls).toBe(before);
  });

  it('decides once about a handler, and leaves what it returns as it is', async () => {
    const server = app.getHttpServer();
    expect(app.get(RatesController).sync()).toEqual({ fine: true });
    await request(server).get('/sync').expect(200, { fine: true });
    expect(circuits.circuit('handler').describe().inFlight).toBe(0);
    backendIsUp = false;
    for (let i = 0; i < 3; i++) await request(server).get('/fails').expect(500);
    expect(calls).toBe(3);
    const refused = await request(server).get('/fails').expect(503);
    expect(refused.headers).toMatchObject({ 'x-circuit-state': 'open', 'retry-after': '5' });
    expect(new RatesController().sync()).toEqual({ fine: true });
  });
});
