import { Controller, Get, Res } from '@nestjs/common';
import { BackendClient, BackendTimeoutError, BackendUnavailableError } from '../backend/index.js';
import { UseCircuitBreaker } from '../circuit-breaker/index.js';
import { callerSignal, rawResponse, responseToWrite, sendAnswer } from '../http/index.js';
import type { AdapterResponse } from '../http/index.js';
import { RESOURCE_CIRCUIT } from './resource.constants.js';

/** Proxies `/backend/resource` through a circuit breaker: no coalescing, no cache, no retry. */
@Controller('api/resource')
@UseCircuitBreaker(RESOURCE_CIRCUIT)
export class ResourceController {
  constructor(private readonly backend: BackendClient) {}

  @Get()
  async get(@Res() response: AdapterResponse): Promise<void> {
    const answer = await this.backend
      .get('/backend/resource', callerSignal(rawResponse(response)))
      .catch((error: unknown) => {
        // On this route a timeout is one of the failures of the backend: 502, not 504.
        throw error instanceof BackendTimeoutError ? new BackendUnavailableError(error) : error;
      });
    sendAnswer(responseToWrite(response), answer);
  }
}
