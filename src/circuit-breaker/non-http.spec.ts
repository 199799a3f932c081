import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { CallHandler } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/internal';
import { Test } from '@nestjs/testing';
import type { TestingModule } from '@nestjs/testing';
import { NEVER, concat, firstValueFrom, lastValueFrom, of, throwError } from 'rxjs';
import type { Observable } from 'rxjs';
import { ManualClock } from '../ground/manual-clock.js';
import {
  CircuitBreakerModule,
  CircuitBreakerService,
  CircuitOpenError,
  CircuitStateInterceptor,
  UseCircuitBreaker,
} from './index.js';

/** What the handler in question does. */
type Answer = () => Observable<unknown>;

class Handlers {
  @UseCircuitBreaker('messages')
  onMessage(answer: Answer) {
    return answer();
  }

  @UseCircuitBreaker({ name: 'tenants', per: ({ tenant }: { tenant: string }) => tenant })
  onTenantMessage(answer: Answer) {
    return answer();
  }
}

describe.each(['rpc', 'ws', 'graphql'])('a %s handler behind a circuit', (type) => {
  let module: TestingModule;
  let circuits: CircuitBreakerService;
  let interceptor: CircuitStateInterceptor;
  const clock = new ManualClock();

  beforeEach(async () => {
    module = await Test.createTestingModule({
      imports: [CircuitBreakerModule.forRoot({ clock })],
    }).compile();
    await module.init();
    circuits = module.get(CircuitBreakerService);
    interceptor = new CircuitStateInterceptor(circuits, new Reflector());
  });

  afterEach(() => module.close());

  const intercept = (
    answer: Answer,
    handler: (answer: Answer) => Observable<unknown>,
    payload: object = {},
    args: readonly unknown[] = type === 'ws' ? [{}, payload] : [payload, {}],
  ) => {
    const context = new ExecutionContextHost([...args], Handlers, handler);
    context.setType(type);
    const next: CallHandler = { handle: () => handler.call(new Handlers(), answer) };
    return interceptor.intercept(context, next);
  };
  const onMessage = Handlers.prototype.onMessage;
  const onTenantMessage = Handlers.prototype.onTenantMessage;
  const down = () => throwError(() => new Error('down'));

  it('is called, refused and probed like any other, its errors passed on', async () => {
    await expect(lastValueFrom(intercept(() => of('fine'), onMessage))).resolves.toBe('fine');
    for (let call = 0; call < 3; call++) {
      await expect(firstValueFrom(intercept(down, onMessage))).rejects.toThrow('down');
    }
    const handle = jest.fn(() => of('fine'));
    expect(() => intercept(handle, onMessage)).toThrow(CircuitOpenError);
    expect(handle).not.toHaveBeenCalled();
    clock.advance(5_000);
    await expect(firstValueFrom(intercept(handle, onMessage))).resolves.toBe('fine');
    expect(circuits.circuit('messages').state).toBe('closed');
  });

  it('has timed out when the application gives it up while its caller is still there', () => {
    intercept(() => NEVER, onMessage)
      .subscribe()
      .unsubscribe();
    expect(circuits.circuit('messages').describe()).toMatchObject({
      inFlight: 0,
      evidence: [{ outcome: 'failure', reason: 'timeout' }],
    });
  });

  it('gives no verdict when its caller has left', () => {
    const gone: Record<string, readonly (readonly unknown[])[]> = {
      rpc: [[{}, {}, { cancelled: true }]],
      ws: [[{ disconnected: true }], [{ readyState: 2 }]],
      graphql: [
        { res: { destroyed: true } },
        { req: { res: { destroyed: true } } },
        { reply: { raw: { destroyed: true } } },
      ].map((context) => [undefined, {}, context]),
    };
    for (const args of gone[type] ?? []) {
      intercept(() => NEVER, onMessage, {}, args)
        .subscribe()
        .unsubscribe();
      expect(circuits.circuit('messages').describe()).toMatchObject({
        inFlight: 0,
        outlook: '0 of 3 consecutive failures',
      });
    }
  });

  it('has succeeded for whoever takes its first value and leaves', async () => {
    for (let call = 0; call < 2; call++) {
      await expect(lastValueFrom(intercept(down, onMessage))).rejects.toThrow('down');
    }
    const endless = () => concat(of('fine'), NEVER);
    await expect(firstValueFrom(intercept(endless, onMessage))).resolves.toBe('fine');
    expect(circuits.circuit('messages').describe()).toMatchObject({
      inFlight: 0,
      outlook: '0 of 3 consecutive failures',
    });
  });

  it('tells how long its failures took', async () => {
    const slowly = () => {
      clock.advance(40);
      return down();
    };
    await expect(firstValueFrom(intercept(slowly, onMessage))).rejects.toThrow();
    expect(circuits.circuit('messages').describe().evidence).toMatchObject([{ durationMs: 40 }]);
  });

  it('may have a circuit for each key in its payload', async () => {
    // Elsewhere than in messages the first argument stands for the request.
    await firstValueFrom(intercept(() => of(1), onTenantMessage, { tenant: 'one' }));
    expect(circuits.allKeyed().map(({ name }) => name)).toEqual(['tenants[one]']);
  });
});
