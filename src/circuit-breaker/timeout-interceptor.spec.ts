import { EventEmitter, once } from 'node:events';
import { get } from 'node:http';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  BadGatewayException,
  Controller,
  Get,
  Injectable,
  RequestTimeoutException,
  Res,
  UseInterceptors,
} from '@nestjs/common';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { NEVER, Subject, catchError, defer, of, raceWith, switchMap, throwError } from 'rxjs';
import request from 'supertest';
import { ManualClock } from '../ground/manual-clock.js';
import { CircuitBreakerModule, CircuitBreakerService, UseCircuitBreaker } from './index.js';
import { ADAPTERS, startApp } from './testing/start-app.js';
import type { StartedApp } from './testing/start-app.js';

/** Passes the deadline of everything that waits. */
const deadline = new Subject<void>();
const late = new DOMException('late', 'TimeoutError');

/** As in Nest's documentation, on a clock that the test moves. */
@Injectable()
class TimeoutInterceptor implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler) {
    return next.handle().pipe(
      raceWith(deadline.pipe(switchMap(() => throwError(() => late)))),
      catchError((error: unknown) =>
        throwError(() => (error === late ? new RequestTimeoutException() : error)),
      ),
    );
  }
}

/** Tells of the requests that have reached the backend, and of the clients that have left. */
const backend = new EventEmitter();
let hangs = true;

function call(response: ServerResponse & { raw?: ServerResponse }) {
  const raw = response.raw ?? response;
  raw.on('close', () => backend.emit('closed'));
  return defer(() => {
    backend.emit('reached');
    return hangs ? NEVER : of('fine');
  });
}

// The interceptor next to the method is the outermost.
@Controller('backend')
class BackendController {
  @Get('outside')
  @UseCircuitBreaker('backend')
  @UseInterceptors(TimeoutInterceptor)
  outside(@Res({ passthrough: true }) response: ServerResponse) {
    return call(response);
  }

  @Get('inside')
  @UseInterceptors(TimeoutInterceptor)
  @UseCircuitBreaker('backend')
  inside(@Res({ passthrough: true }) response: ServerResponse) {
    return call(response);
  }

  @Get('outside-promise')
  @UseCircuitBreaker('backend')
  @UseInterceptors(TimeoutInterceptor)
  outsidePromise(@Res({ passthrough: true }) response: ServerResponse) {
    const observable = call(response);
    return new Promise((resolve) => {
      observable.subscribe(resolve);
    });
  }

  @Get('passed-on')
  @UseCircuitBreaker('backend')
  passedOn() {
    throw new RequestTimeoutException('theirs', { cause: { response: { status: 408 } } });
  }

  @Get('broken')
  @UseCircuitBreaker('backend')
  broken() {
    throw new BadGatewayException();
  }
}

describe.each(ADAPTERS)("the timeout interceptor of Nest's documentation, on %s", (adapter) => {
  let started: StartedApp;
  const clock = new ManualClock();
  const circuit = () => started.app.get(CircuitBreakerService).circuit('backend');
  const settled = async () => {
    while (circuit().describe().inFlight > 0) await new Promise(setImmediate);
  };

  beforeEach(async () => {
    hangs = true;
    started = await startApp(adapter, {
      imports: [CircuitBreakerModule.forRoot({ clock })],
      controllers: [BackendController],
      providers: [TimeoutInterceptor],
    });
  });

  afterEach(() => started.app.close());

  const ask = (path: string) => request(started.server).get(`/backend/${path}`);

  const askAndWait = async (path: string) => {
    const reached = once(backend, 'reached');
    const answer = ask(path).then((response) => response);
    await reached;
    deadline.next();
    return (await answer).status;
  };

  describe.each(['outside', 'inside', 'outside-promise'])('%s of the circuit', (path) => {
    it('opens it in front of a backend that hangs, and keeps it open when the probe hangs', async () => {
      const statuses = [];
      for (let times = 0; times < 3; times++) statuses.push(await askAndWait(path));
      expect(statuses).toEqual([408, 408, 408]);
      expect((await ask(path)).status).toBe(503);
      expect(circuit().describe().evidence).toMatchObject(
        Array.from({ length: 3 }, () => ({ outcome: 'failure', reason: 'timeout' })),
      );

      clock.advance(5_000);
      expect(await askAndWait(path)).toBe(408);
      expect(circuit().state).toBe('open');

      hangs = false;
      clock.advance(5_000);
      expect((await ask(path)).status).toBe(200);
      expect(circuit().state).toBe('closed');
    });

    it('has no say once the client has left', async () => {
      await ask('broken');
      const reached = once(backend, 'reached');
      const closed = once(backend, 'closed');
      const left = get({ port: started.port, path: `/backend/${path}`, agent: false });
      left.on('error', () => undefined);
      await reached;
      left.destroy();
      await closed;
      deadline.next();
      await settled();
      expect(circuit().describe().outlook).toBe('1 of 3 consecutive failures');
    });
  });

  it('is not taken for a 408 of the backend that the application passes on', async () => {
    await ask('broken');
    expect((await ask('passed-on')).status).toBe(408);
    expect(circuit().describe().outlook).toBe('0 of 3 consecutive failures');
  });
});
