import { Controller, Get, NotFoundException, Param, Res, UseFilters } from '@nestjs/common';
import { BackendClient } from '../backend/index.js';
import { Coalescer, CoalescingExceptionFilter, InjectCoalescer } from '../coalescing/index.js';
import { callerSignal, rawResponse, responseToWrite, sendAnswer } from '../http/index.js';
import type { AdapterResponse } from '../http/index.js';
import { backendPathOf } from './backend-path.js';
import { DATA_COALESCER } from './data.constants.js';

/** Proxies `/backend/{key}` with coalescing and nothing else: no cache, no breaker, no retry. */
@Controller('api/data')
@UseFilters(CoalescingExceptionFilter)
export class DataController {
  constructor(
    @InjectCoalescer(DATA_COALESCER) private readonly coalescer: Coalescer,
    private readonly backend: BackendClient,
  ) {}

  /** Serves GET and, without the body, HEAD: both are one backend call, so they may share it. */
  @Get(':key')
  async get(@Param('key') key: string, @Res() response: AdapterResponse): Promise<void> {
    if (key === '') throw new NotFoundException();
    const answer = await this.coalescer.run(
      key,
      ({ signal }) => this.backend.get(backendPathOf(key), signal),
      { signal: callerSignal(rawResponse(response)) },
    );
    sendAnswer(responseToWrite(response), answer);
  }
}
