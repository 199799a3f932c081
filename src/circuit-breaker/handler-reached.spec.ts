import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Injectable, Param, ParseIntPipe, UseInterceptors } from '@nestjs/common';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { catchError, of, throwError } from 'rxjs';
import request from 'supertest';
import { ManualClock } from '../ground/manual-clock.js';
import { CircuitBreakerModule, CircuitBreakerService, UseCircuitBreaker } from './index.js';
import { ADAPTERS, startApp } from './testing/start-app.js';
import type { StartedApp } from './testing/start-app.js';

/** Takes away what Nest 12.3 and later tell of pipes that rejected: earlier ones tell nothing. */
@Injectable()
class EarlierNest implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    const asked = context.switchToHttp().getRequest<Record<symbol, unknown>>();
    return next.handle().pipe(
      catchError((error: unknown) => {
        Reflect.deleteProperty(asked, Symbol.for('nestjs:rejected-by-pipes'));
        return throwError(() => error);
      }),
    );
  }
}

@Injectable()
class AnswersItself implements NestInterceptor {
  intercept() {
    return of({ from: 'memory' });
  }
}

@Injectable()
class Refuses implements NestInterceptor {
  intercept() {
    return throwError(() => new Error('full'));
  }
}

class Inherited {
  @Get('inherited/:id')
  @UseInterceptors(EarlierNest)
  inherited(@Param('id', ParseIntPipe) id: number) {
    if (id === 0) throw new Error('down');
    return { id };
  }
}

@Controller('class')
@UseCircuitBreaker('circuit')
class ClassController extends Inherited {
  @Get('number/:id')
  @UseInterceptors(EarlierNest)
  number(@Param('id', ParseIntPipe) id: number) {
    return this.inherited(id);
  }

  @Get('memory')
  @UseInterceptors(AnswersItself)
  memory(): never {
    throw new Error('down');
  }

  @Get('full')
  @UseInterceptors(Refuses)
  full() {
    return { fine: true };
  }
}

@Controller('method')
class MethodController extends ClassController {
  @Get('number/:id')
  @UseInterceptors(EarlierNest)
  @UseCircuitBreaker('circuit')
  override number(@Param('id', ParseIntPipe) id: number) {
    return super.number(id);
  }

  @Get('memory')
  @UseInterceptors(AnswersItself)
  @UseCircuitBreaker('circuit')
  override memory(): never {
    throw new Error('down');
  }
}

describe.each(ADAPTERS)('a request that does not get as far as its handler, on %s', (adapter) => {
  let started: StartedApp;
  const clock = new ManualClock();
  const circuit = () => started.app.get(CircuitBreakerService).circuit('circuit');
  const ask = (path: string) => request(started.server).get(path);

  beforeEach(async () => {
    started = await startApp(adapter, {
      imports: [CircuitBreakerModule.forRoot({ clock })],
      controllers: [ClassController, MethodController],
    });
  });

  afterEach(() => started.app.close());

  it.each([
    ['/class/number', '/class/number/x', 400],
    ['/method/number', '/method/number/x', 400],
    ['/class/inherited', '/class/inherited/x', 400],
    ['/class/number', '/class/memory', 200],
    ['/method/number', '/method/memory', 200],
    ['/class/number', '/class/full', 500],
  ])('gives no verdict: next to %s, %s answers %d', async (handler, path, status) => {
    for (let times = 0; times < 2; times++) expect((await ask(`${handler}/0`)).status).toBe(500);
    expect((await ask(path)).status).toBe(status);
    expect(circuit().describe().outlook).toBe('2 of 3 consecutive failures');
    await ask(`${handler}/0`);
    expect(circuit().state).toBe('open');

    clock.advance(5_000);
    expect((await ask(path)).status).toBe(status);
    expect(circuit().state).toBe('half-open');
    expect((await ask(`${handler}/7`)).body).toEqual({ id: 7 });
    expect(circuit().state).toBe('closed');
  });
});
