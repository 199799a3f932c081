import { Controller, Get, NotFoundException, Param, Res, UseFilters } from '@nestjs/common';
import { BackendClient, backendUrl } from '../../backend/index.js';
import type { BackendAnswer, CallIds } from '../../backend/index.js';
import { Coalescer, CoalescingExceptionFilter, InjectCoalescer } from '../../coalescing/index.js';
import type { FlightContext } from '../../coalescing/index.js';
import {
  callerSignal,
  contextOf,
  inOwnTurn,
  rawResponse,
  sendAnswer,
  throwInOwnTurn,
} from '../../http/index.js';
import type { AdapterResponse } from '../../http/index.js';

/** Name of the coalescer that `/api/data` shares its backend calls in. */
export const DATA_COALESCER = 'data';

/** What the log calls it. */
const ROUTE = '/api/data/:key';

/** What a flight ends with: others, in other processes too, are told whose answer it is. */
type FlownAnswer = BackendAnswer & { readonly call?: CallIds };

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
    const raw = rawResponse(response);
    const context = contextOf(raw.req);
    if (context) context.route = ROUTE;
    const load = async ({ signal }: FlightContext): Promise<FlownAnswer> => {
      const call = this.backend.newCall();
      if (context) {
        context.call = call;
        context.flight = 'led';
      }
      const path = backendUrl('', ['backend', key]);
      // A spread in front would take microseconds on Node 20.
      return { call, ...(await this.backend.get(path, signal, undefined, call)) };
    };
    // Not `await`: an async function that waits holds 300 bytes more, for each who waits.
    return this.coalescer.run(key, load, { signal: callerSignal(raw) }).then((answer) => {
      if (context) {
        context.call = answer.call;
        context.flight ??= 'joined';
      }
      return inOwnTurn(() => sendAnswer(response, answer));
    }, throwInOwnTurn);
  }
}
