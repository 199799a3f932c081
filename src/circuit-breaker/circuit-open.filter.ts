import { Catch, HttpStatus } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { throwError } from 'rxjs';
import type { Observable } from 'rxjs';
import { sealCircuitHeaders } from './circuit-headers.seal.js';
import { CircuitOpenError } from './kernel/index.js';
import { rawResponseOf } from './raw-response.js';

/** Tells the caller that a circuit refused: over HTTP 503, `{"error":"circuit open"}`. */
@Catch(CircuitOpenError)
export class CircuitOpenExceptionFilter implements ExceptionFilter<CircuitOpenError> {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(error: CircuitOpenError, host: ArgumentsHost): Observable<never> | undefined {
    switch (host.getType<string>()) {
      case 'http':
        this.answer(error, host);
        return undefined;
      case 'rpc':
        return throwError(() => this.messageOf(error));
      case 'ws':
        host.switchToWs().getClient<WsClient>().emit?.('exception', this.messageOf(error));
        return undefined;
      default:
        throw error;
    }
  }

  /** Body of the answer over HTTP. */
  protected bodyOf(_error: CircuitOpenError): object {
    return { error: 'circuit open' };
  }

  /** What a caller by message gets, in the shape of Nest's own errors. */
  protected messageOf({ code, state, retryAfterMs }: CircuitOpenError): object {
    return { status: 'error', message: 'circuit open', code, state, retryAfterMs };
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

interface WsClient {
  emit?(event: string, message: object): unknown;
}
