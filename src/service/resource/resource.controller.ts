import { Controller, Get, Res } from '@nestjs/common';
import {
  BackendClient,
  BackendTimeoutError,
  BackendUnavailableError,
} from '../../backend/index.js';
import { UseCircuitBreaker } from '../../circuit-breaker/index.js';
import { callerSignal, contextOf, rawResponse, sendAnswer } from '../../http/index.js';
import type { AdapterResponse } from '../../http/index.js';

/** Name of the circuit in front of the backend's resource. */
export const RESOURCE_CIRCUIT = 'resource';

/** Proxies `/backend/resource` through a circuit breaker: no coalescing, no cache, no retry. */
@Controller('api/resource')
@UseCircuitBreaker(RESOURCE_CIRCUIT)
export class ResourceController {
  constructor(private readonly backend: BackendClient) {}

  @Get()
  async get(@Res() response: AdapterResponse): Promise<void> {
    const raw = rawResponse(response);
    // Each request makes a call of its own, which goes on with its trace.
    const call = this.backend.newCall(raw.req.headers['traceparent']);
    const context = contextOf(raw.req);
    if (context) context.call = call;
    const answer = await this.backend
      .get('/backend/resource', callerSignal(raw), undefined, call)
      .catch((error: unknown) => {
        // On this route a timeout is one of the failures of the backend: 502, not 504.
        throw error instanceof BackendTimeoutError
          ? new BackendUnavailableError(error, undefined, call)
          : error;
      });
    sendAnswer(response, answer);
  }
}
