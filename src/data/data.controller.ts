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
  get(@Param('key') key: string, @Res() response: AdapterResponse): Promise<void> {
    if (key === '') throw new NotFoundException();
    // Not `await`: an async function that waits holds 300 bytes more, for each who waits.
    return this.coalescer
      .run(key, ({ signal }) => this.backend.get(backendPathOf(key), signal), {
        signal: callerSignal(rawResponse(response)),
      })
      .then((answer) => {
        sendAnswer(responseToWrite(response), answer);
      });
  }
}
