import { Catch, HttpStatus } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { throwError } from 'rxjs';
import type { Observable } from 'rxjs';
import {
  CallerTimeoutError,
  CoalescerClosedError,
  CoalescerOverloadedError,
  FlightTimeoutError,
} from './kernel/index.js';

type Refusal =
  CallerTimeoutError | CoalescerClosedError | CoalescerOverloadedError | FlightTimeoutError;

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
 * Microservice handlers answer the same `error` as message; elsewhere the exception is passed on.
 */
@Catch(CallerTimeoutError, CoalescerClosedError, CoalescerOverloadedError, FlightTimeoutError)
export class CoalescingExceptionFilter implements ExceptionFilter<Refusal> {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(exception: Refusal, host: ArgumentsHost): Observable<never> | undefined {
    const refusal = this.toResponse(exception);
    switch (host.getType()) {
      case 'http':
        this.reply(refusal, host);
        return undefined;
      case 'rpc':
        return throwError(() => ({ status: 'error', message: refusal.error }));
      default:
        throw exception;
    }
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
