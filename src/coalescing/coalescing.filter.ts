import { Catch, HttpStatus } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { throwError } from 'rxjs';
import type { Observable } from 'rxjs';
import { GRPC, grpcStatusOf, tellClient } from '../ground/index.js';
import type { WsClient } from '../ground/index.js';
import {
  CallerTimeoutError,
  CoalescerClosedError,
  CoalescerOverloadedError,
  FlightTimeoutError,
} from './kernel/index.js';

type Refusal =
  CallerTimeoutError | CoalescerClosedError | CoalescerOverloadedError | FlightTimeoutError;

/** What a status is over gRPC. */
const GRPC_CODES: ReadonlyMap<number, number> = new Map([
  [HttpStatus.URI_TOO_LONG, GRPC.INVALID_ARGUMENT],
  [HttpStatus.GATEWAY_TIMEOUT, GRPC.DEADLINE_EXCEEDED],
]);

/** A refusal in terms of HTTP. */
export interface RefusalResponse {
  status: number;
  /** The `error` of the JSON body. */
  error: string;
  /** Seconds, for `Retry-After`. */
  retryAfter?: number;
}

/**
 * Answers what coalescing refuses, with a JSON body `{"error": …}`, on Express and on Fastify:
 *
 * | error | status | `error` |
 * |---|---|---|
 * | {@link CoalescerOverloadedError} | 503, `Retry-After` | `overloaded` |
 * | … because of the key's length | 414 | `key too long` |
 * | {@link FlightTimeoutError}, {@link CallerTimeoutError} | 504 | `timeout` |
 * | {@link CoalescerClosedError} | 503 | `shutting down` |
 *
 * Over gRPC these are UNAVAILABLE, INVALID_ARGUMENT and DEADLINE_EXCEEDED, with the milliseconds to wait
 * as `grpc-retry-pushback-ms`. Other callers by message, and by WebSocket, get the `error` as message,
 * with `code` and, in whole milliseconds, `retryAfterMs`; over GraphQL these are the error's
 * `extensions`. Nobody learns what the application calls its coalescers.
 */
@Catch(CallerTimeoutError, CoalescerClosedError, CoalescerOverloadedError, FlightTimeoutError)
export class CoalescingExceptionFilter implements ExceptionFilter<Refusal> {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(exception: Refusal, host: ArgumentsHost): Observable<never> | undefined {
    switch (host.getType()) {
      case 'http':
        this.reply(this.toResponse(exception), host);
        return undefined;
      case 'rpc':
        return throwError(() => this.rpcErrorOf(exception, host));
      case 'ws':
        tellClient(host.switchToWs().getClient<WsClient>(), this.messageOf(exception));
        return undefined;
      default:
        throw this.errorOf(exception);
    }
  }

  /** What a caller by message gets, in the shape of Nest's own errors. */
  protected messageOf(exception: Refusal): object {
    const { error } = this.toResponse(exception);
    return { status: 'error', message: error, ...factsOf(exception) };
  }

  /** What is thrown on elsewhere: GraphQL shows its message and its `extensions` to the caller. */
  protected errorOf(exception: Refusal): Error {
    return new RefusedCallError(this.toResponse(exception).error, factsOf(exception));
  }

  /** What to answer. For subclasses with other statuses or words. */
  protected toResponse(exception: Refusal): RefusalResponse {
    if (exception instanceof CoalescerOverloadedError) {
      const { reason, retryAfterMs } = exception;
      if (reason === 'key-too-long') {
        return { status: HttpStatus.URI_TOO_LONG, error: 'key too long' };
      }
      const retryAfter = retryAfterMs && Math.ceil(retryAfterMs / 1_000);
      return { status: HttpStatus.SERVICE_UNAVAILABLE, error: 'overloaded', retryAfter };
    }
    if (exception instanceof CoalescerClosedError) {
      return { status: HttpStatus.SERVICE_UNAVAILABLE, error: 'shutting down' };
    }
    return { status: HttpStatus.GATEWAY_TIMEOUT, error: 'timeout' };
  }

  private rpcErrorOf(exception: Refusal, host: ArgumentsHost): object {
    const { status } = this.toResponse(exception);
    const refusal = this.errorOf(exception);
    const { retryAfterMs } = factsOf(exception);
    const args = host.getArgs<unknown[]>();
    const code = GRPC_CODES.get(status) ?? GRPC.UNAVAILABLE;
    return grpcStatusOf(args, refusal, code, retryAfterMs) ?? this.messageOf(exception);
  }

  private reply({ status, error, retryAfter }: RefusalResponse, host: ArgumentsHost): void {
    const { httpAdapter } = this.adapterHost;
    const response: unknown = host.switchToHttp().getResponse();
    if (httpAdapter.isHeadersSent(response)) {
      httpAdapter.end(response);
      return;
    }
    httpAdapter.setHeader(response, 'Cache-Control', 'no-store');
    if (retryAfter) httpAdapter.setHeader(response, 'Retry-After', String(retryAfter));
    httpAdapter.reply(response, { error }, status);
  }
}

/** What a caller may know of a refusal: nothing of what the application calls its coalescers. */
interface RefusalFacts {
  readonly code: string;
  readonly retryAfterMs?: number;
}

function factsOf(exception: Refusal): RefusalFacts {
  const { code } = exception;
  const retryAfterMs =
    exception instanceof CoalescerOverloadedError ? exception.retryAfterMs : undefined;
  return { code, ...(retryAfterMs !== undefined && { retryAfterMs: Math.ceil(retryAfterMs) }) };
}

/** A refusal as callers get it where errors are thrown on. */
class RefusedCallError extends Error {
  override readonly name = 'RefusedCallError';

  constructor(
    message: string,
    readonly extensions: RefusalFacts,
  ) {
    super(message);
  }
}
