import { Catch, HttpStatus } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { throwError } from 'rxjs';
import type { Observable } from 'rxjs';
import { GRPC, grpcStatusOf, tellClient } from '../ground/index.js';
import type { WsClient } from '../ground/index.js';
import { rawResponseOf, sealCircuitHeaders } from './circuit-headers.js';
import { CircuitOpenError } from './kernel/index.js';
import type { CircuitState } from './kernel/index.js';

/**
 * Tells the caller that a circuit refused: over HTTP 503, `{"error":"circuit open"}`; over gRPC
 * UNAVAILABLE, with the milliseconds to wait as `grpc-retry-pushback-ms`.
 */
@Catch(CircuitOpenError)
export class CircuitOpenExceptionFilter implements ExceptionFilter<CircuitOpenError> {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(error: CircuitOpenError, host: ArgumentsHost): Observable<never> | undefined {
    switch (host.getType<string>()) {
      case 'http':
        this.answer(error, host);
        return undefined;
      case 'rpc':
        return throwError(() => this.rpcErrorOf(error, host));
      case 'ws':
        tellClient(host.switchToWs().getClient<WsClient>(), this.messageOf(error));
        return undefined;
      default:
        throw this.errorOf(error);
    }
  }

  /** Body of the answer over HTTP. */
  protected bodyOf(_error: CircuitOpenError): object {
    return { error: 'circuit open' };
  }

  /** What a caller by message gets, in the shape of Nest's own errors; `retryAfterMs` is whole. */
  protected messageOf(error: CircuitOpenError): object {
    return { status: 'error', message: 'circuit open', ...factsOf(error) };
  }

  /** What is thrown on elsewhere: GraphQL shows its message and its `extensions` to the caller. */
  protected errorOf(error: CircuitOpenError): Error {
    return new CircuitRefusedError(factsOf(error));
  }

  private rpcErrorOf(error: CircuitOpenError, host: ArgumentsHost): object {
    const facts = factsOf(error);
    // The call has not been made, and may be made again later.
    const status = grpcStatusOf(
      host.getArgs<unknown[]>(),
      new CircuitRefusedError(facts),
      GRPC.UNAVAILABLE,
      facts.retryAfterMs,
    );
    return status ?? this.messageOf(error);
  }

  private answer(error: CircuitOpenError, host: ArgumentsHost): void {
    const { httpAdapter } = this.adapterHost;
    const response = host.switchToHttp().getResponse<unknown>();
    const raw = rawResponseOf(host);
    if (raw.headersSent) {
      httpAdapter.end(response);
      return;
    }
    // Nothing is sealed yet if the handler asked a circuit itself.
    sealCircuitHeaders(raw, error);
    httpAdapter.reply(response, this.bodyOf(error), HttpStatus.SERVICE_UNAVAILABLE);
  }
}

/** What a caller may know of a refusal: nothing of what the application calls its circuits. */
interface RefusalFacts {
  readonly code: string;
  readonly state: CircuitState;
  readonly retryAfterMs?: number;
}

function factsOf({ code, state, retryAfterMs }: CircuitOpenError): RefusalFacts {
  return {
    code,
    state,
    ...(retryAfterMs !== undefined && { retryAfterMs: Math.ceil(retryAfterMs) }),
  };
}

/** A refusal as callers get it where errors are thrown on. */
class CircuitRefusedError extends Error {
  override readonly name = 'CircuitRefusedError';

  constructor(readonly extensions: RefusalFacts) {
    super('circuit open');
  }
}
