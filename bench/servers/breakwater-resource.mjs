// The service with another controller on `/api/resource`, for what a circuit breaker costs on that very
// path: `without` one, with an `interceptor` that does nothing, or with that of `opossum` or `cockatiel` around the same call.
import { Get, Inject, Res, UseInterceptors } from '@nestjs/common';
import { ConsecutiveBreaker, circuitBreaker, handleWhen } from 'cockatiel';
import CircuitBreaker from 'opossum';
import {
  BackendClient,
  BackendTimeoutError,
  BackendUnavailableError,
} from '../../dist/backend/index.js';
import { callerSignal, rawResponse, sendAnswer } from '../../dist/http/index.js';
import { ResourceModule } from '../../dist/service/resource/index.js';
import { createService } from '../../dist/service/create-service.js';
import { controller, listen } from './nest-application.mjs';

const FAILURES = 3;
const COOLDOWN_MS = 5_000;

/** What counts: a caller who leaves is no failure of the backend. */
function isFailure(error) {
  return error instanceof BackendUnavailableError || error instanceof BackendTimeoutError;
}

/** What goes around a call of the backend, by its name on the command line. */
const AROUND = {
  without: (call) => call,
  interceptor: (call) => call,
  opossum: (call) => {
    const breaker = new CircuitBreaker(call, {
      // The client has a deadline of its own, and nobody reads percentiles: both would cost without use.
      ...{ timeout: false, rollingPercentilesEnabled: false },
      ...{ resetTimeout: COOLDOWN_MS, volumeThreshold: FAILURES },
      errorFilter: (error) => !isFailure(error),
    });
    return (signal) => breaker.fire(signal);
  },
  cockatiel: (call) => {
    const breaker = circuitBreaker(handleWhen(isFailure), {
      halfOpenAfter: COOLDOWN_MS,
      breaker: new ConsecutiveBreaker(FAILURES),
    });
    return (signal) => breaker.execute(() => call(signal));
  },
};

const around = AROUND[process.argv[2]];
if (!around) throw new Error(`${process.argv[2]} is none of ${Object.keys(AROUND).join(', ')}`);

/** What every breaker that sets headers in an interceptor has to pay to Nest first. */
const passThrough = { intercept: (_context, next) => next.handle() };
const interceptors = process.argv[2] === 'interceptor' ? [UseInterceptors(passThrough)] : [];

const OtherResourceController = controller(
  class {
    constructor(backend) {
      this.call = around((signal) => backend.get('/backend/resource', signal));
    }

    async get(response) {
      const answer = await this.call(callerSignal(rawResponse(response)));
      sendAnswer(response, answer);
    }
  },
  { get: [Get('api/resource'), [0, Res()], ...interceptors] },
);
Inject(BackendClient)(OtherResourceController, undefined, 0);

// All else of the service stays as it is.
Reflect.defineMetadata('controllers', [OtherResourceController], ResourceModule);

await listen(await createService());
