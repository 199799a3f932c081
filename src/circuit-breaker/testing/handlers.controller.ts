import type { ServerResponse } from 'node:http';
import {
  Controller,
  Get,
  Header,
  HttpCode,
  Injectable,
  NotFoundException,
  Param,
  ParseIntPipe,
  Res,
  ServiceUnavailableException,
  UseFilters,
  UseInterceptors,
} from '@nestjs/common';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { NEVER, Subject, concat, merge, of, take } from 'rxjs';
import {
  CircuitBreakerService,
  CircuitOpenExceptionFilter,
  CircuitStateInterceptor,
  UseCircuitBreaker,
} from '../index.js';
import { deferred } from './circuit-fixture.js';

type Response = ServerResponse & { raw?: ServerResponse };

const rawOf = (response: Response): ServerResponse => response.raw ?? response;

/** Emits once that it wants no more of the handler. */
export const enough = new Subject<string>();

@Injectable()
class ImpatientInterceptor implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler) {
    return merge(next.handle(), enough).pipe(take(1));
  }
}

/** Barriers between a test and the handlers, made anew for each test. */
export const barriers = {
  /** Status that the handler answers which answers after it has returned. */
  later: deferred<number>(),
  /** A handler that does not answer has been reached. */
  reached: deferred(),
};

/** Every way in which a handler may end. */
@Controller('of-class')
@UseCircuitBreaker('of-class')
export class HandlersController {
  constructor(private readonly circuits: CircuitBreakerService) {}

  @Get('value')
  value() {
    return { fine: true };
  }

  @Get('nothing')
  @HttpCode(204)
  nothing(): void {
    return;
  }

  @Get('not-found')
  notFound() {
    throw new NotFoundException();
  }

  @Get('bug')
  bug() {
    throw new Error('bug');
  }

  @Get('number/:id')
  number(@Param('id', ParseIntPipe) id: number) {
    return { id };
  }

  @Get('own')
  @UseCircuitBreaker('of-method')
  own() {
    return { circuit: 'of-method' };
  }

  @Get('bound-twice')
  @UseInterceptors(CircuitStateInterceptor, CircuitStateInterceptor)
  boundTwice() {
    return { inFlight: this.circuits.circuit('of-class').describe().inFlight };
  }

  @Get('passthrough')
  passthrough(@Res({ passthrough: true }) response: { status(code: number): unknown }) {
    response.status(503);
    return { sorry: true };
  }

  @Get('by-itself/:status')
  byItself(@Param('status') status: string, @Res() response: Response): void {
    rawOf(response).writeHead(Number(status), { 'X-Circuit-State': 'spoofed' }).end();
  }

  @Get('later')
  later(@Res() response: Response): void {
    barriers.reached.resolve();
    void barriers.later.promise.then((status) => rawOf(response).writeHead(status).end('later'));
  }

  @Get('returns-response')
  async returnsResponse(@Res() response: Response): Promise<unknown> {
    rawOf(response).writeHead(500).end();
    return Promise.resolve('written already');
  }

  @Get('flat-headers')
  flatHeaders(@Res() response: Response): void {
    const headers = ['Retry-After', '9', 'X-Two', 'a', 'x-circuit-state', 'spoofed', 'X-Two', 'b'];
    rawOf(response).writeHead(200, 'Fine', headers).end();
  }

  @Get('paired-headers')
  pairedHeaders(@Res() response: Response): void {
    const headers = [
      ['Retry-After', '9'],
      ['X-Two', 'a'],
      ['Cache-Control', 'public'],
    ];
    rawOf(response)
      .writeHead(502, headers as never)
      .end();
  }

  @Get('removed-headers')
  @Header('Cache-Control', 'public, max-age=60')
  removedHeaders(@Res() response: Response): void {
    const raw = rawOf(response);
    raw.removeHeader('X-Circuit-State');
    raw.setHeader('Retry-After', '9');
    raw.setHeader('Cache-Control', 'public, max-age=60');
    raw.end('removed');
  }

  @Get('inner')
  inner() {
    return this.circuits.circuit('inner').execute(() => 'not called');
  }

  @Get('partly')
  partly(@Res() response: Response) {
    rawOf(response).writeHead(200).write('partly');
    return this.circuits.circuit('inner').execute(() => 'not called');
  }
}

@Controller('keyed/:tenant')
export class KeyedController {
  @Get()
  @UseCircuitBreaker<{ params: { tenant: string } }>({
    name: 'keyed',
    cooldownMs: 60_000,
    per: ({ params }) => params.tenant,
  })
  get(@Param('tenant') tenant: string) {
    if (tenant === 'bad') throw new ServiceUnavailableException();
    return { tenant };
  }

  @Get('endless')
  @UseCircuitBreaker('impatient')
  @UseInterceptors(ImpatientInterceptor)
  endless() {
    return concat(of('first'), NEVER);
  }

  // The interceptor next to the method is the outermost.
  @Get('hangs')
  @UseCircuitBreaker('impatient')
  @UseInterceptors(ImpatientInterceptor)
  hangs() {
    barriers.reached.resolve();
    return NEVER;
  }
}

@Controller('plain')
@UseFilters(CircuitOpenExceptionFilter)
@UseInterceptors(CircuitStateInterceptor)
export class PlainController {
  constructor(private readonly circuits: CircuitBreakerService) {}

  @Get()
  get() {
    return this.circuits.circuit('inner').execute(() => ({ fine: true }));
  }
}
