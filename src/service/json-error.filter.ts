import { STATUS_CODES } from 'node:http';
import { Catch, HttpException, HttpStatus, Logger } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import {
  BackendTimeoutError,
  BackendUnavailableError,
  InFlightBytesError,
} from '../backend/index.js';
import type { CallIds } from '../backend/index.js';
import { contextOf, jsonAnswer, rawResponse, writeAnswer } from '../http/index.js';
import type { AdapterResponse } from '../http/index.js';

/**
 * The last word on every error of the service: a JSON body with `error`, and nothing of the stack,
 * the backend or Nest in it. The cause goes to the request's log line.
 */
@Catch()
export class JsonErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<AdapterResponse>();
    const raw = rawResponse(response);
    // The caller has left, or has part of an answer already: there is nobody to tell.
    if (raw.destroyed || raw.headersSent) return;

    const status = statusOf(error);
    const context = contextOf(raw.req);
    if (context) {
      context.cause = causeOf(error);
      const call = callOf(error);
      if (call && context.call === undefined) {
        // Another caller's, whose flight this one was on: whoever makes a call knows of it before.
        context.call = call;
        context.flight ??= 'joined';
      }
    }
    if (status === 500) this.logger.error(error instanceof Error ? error : String(error));
    const own: string[] = [];
    if (error instanceof InFlightBytesError) {
      own.push('Retry-After', String(Math.ceil(error.retryAfterMs / 1_000)));
    }
    if (status >= 500) own.push('Cache-Control', 'no-store');
    writeAnswer(response, jsonAnswer(status, bodyOf(error, status), own));
  }
}

/** The status that an error asks for: Nest's, or that of an HTTP framework's own error. */
function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  const { statusCode } = (error ?? {}) as { statusCode?: unknown };
  const isClientError = typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500;
  return isClientError ? statusCode : HttpStatus.INTERNAL_SERVER_ERROR;
}

/** A body that we wrote ourselves passes; Nest's and the frameworks' become the status' name. */
function bodyOf(error: unknown, status: number): object {
  const body = error instanceof HttpException ? error.getResponse() : undefined;
  const isOurs = typeof body === 'object' && 'error' in body && !('statusCode' in body);
  return isOurs ? body : { error: (STATUS_CODES[status] ?? 'error').toLowerCase() };
}

/** The call of the backend that has failed: perhaps another caller's, whose flight this one was on. */
function callOf(error: unknown): CallIds | undefined {
  const isOfCall = error instanceof BackendUnavailableError || error instanceof BackendTimeoutError;
  return isOfCall ? error.call : undefined;
}

function causeOf(error: unknown): string {
  const { cause } = (error ?? {}) as { cause?: unknown };
  const source = cause ?? error;
  return source instanceof Error ? source.message || source.name : String(source);
}
