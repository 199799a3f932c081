import type { ServerResponse } from 'node:http';
import { Readable, finished } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import { tap } from 'rxjs';
import type { MonoTypeOperatorFunction } from 'rxjs';
import { GIVEN_UP } from './given-up.js';
import type { HandlerSettle } from './handler-call.js';

/** Left by Nest 12.3 and later on a request whose pipes rejected it, for handlers that do not tell. */
const REJECTED_BY_PIPES = Symbol.for('nestjs:rejected-by-pipes');

/** What the framework reads an answer from after the handler has returned. */
type Source = Readable | ReadableStream;

/** What is known of an HTTP call that was admitted. */
export interface HttpCall {
  readonly request: object;
  readonly response: ServerResponse;
  /** Gives no verdict while the handler has not been reached, if that tells. */
  readonly settle: HandlerSettle;
  /** Milliseconds since the admission. */
  readonly elapsedMs: () => number;
}

/**
 * Reports to the circuit what became of an HTTP call: the error of the handler, or the status it
 * answered with. A client that leaves before, and a request that does not get as far as the handler (pipes
 * reject it, an inner interceptor answers it), is no verdict; a call that
 * the application gives up while its client is still there is a timeout. An answer that is a stream is
 * judged when the stream has ended or broken.
 */
export function settleHttpCall({
  request,
  response,
  settle,
  elapsedMs,
}: HttpCall): MonoTypeOperatorFunction<unknown> {
  const byStatus = () => {
    const { statusCode } = response;
    if (statusCode >= 400) settle.threw({ status: statusCode }, elapsedMs());
    else settle.success(elapsedMs());
  };
  // For a handler that answers after it has returned, and for a client that leaves before.
  response.on('finish', byStatus);
  response.on('close', () => {
    // The handler breaks its answer off with an error, by a `pipeline` for example; a client without.
    if (response.errored) settle.threw(response.errored, elapsedMs());
    else settle.ignore();
  });
  const bySource = (error?: Error | null) => {
    if (!error) byStatus();
    else if (response.destroyed) settle.ignore();
    else settle.threw(error, elapsedMs());
  };
  let answered = false;
  let source: Source | undefined;
  return tap({
    next: (value) => {
      answered = value !== undefined;
      source = sourceOf(value);
    },
    complete: () => {
      if (source !== undefined) finished(source as Readable, { writable: false }, bySource);
      else if (answered || response.headersSent) byStatus();
    },
    error: (error: unknown) => {
      if (response.destroyed || REJECTED_BY_PIPES in request) settle.ignore();
      else settle.threw(error, elapsedMs());
    },
    unsubscribe: () => {
      if (answered) byStatus();
      else if (response.destroyed) settle.ignore();
      else settle.threw(GIVEN_UP, elapsedMs());
    },
  });
}

function sourceOf(value: unknown): Source | undefined {
  if (value instanceof StreamableFile) return value.getStream();
  if (value instanceof Readable || value instanceof ReadableStream) return value;
  return value instanceof Response ? (value.body ?? undefined) : undefined;
}
