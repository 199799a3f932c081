import type { ServerResponse } from 'node:http';
import { Readable, finished } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import { tap } from 'rxjs';
import type { MonoTypeOperatorFunction } from 'rxjs';
import { rawResponseOf } from './circuit-headers.js';
import type { HandlerSettle } from './handler-call.js';

/**
 * What a call failed with that the application stopped waiting for while its caller was still there:
 * an interceptor with a deadline unsubscribes, and keeps its error to itself.
 */
const GIVEN_UP = Object.freeze({
  name: 'TimeoutError',
  message: 'the application stopped waiting for the call',
});

/**
 * Reports to the circuit what became of a call that is not HTTP. One that does not get as far as the
 * handler is no verdict, which is for `settle` to see to.
 */
export function settleCall(
  context: ExecutionContext,
  settle: HandlerSettle,
  elapsedMs: () => number,
): MonoTypeOperatorFunction<unknown> {
  return settleObserved(settle, elapsedMs, () => {
    if (callerHasLeft(context)) settle.ignore();
    else settle.threw(GIVEN_UP, elapsedMs());
  });
}

/**
 * Reports to the circuit how a source ended that somebody has subscribed to.
 * @param left somebody unsubscribes before there was a value; who takes the first one has been answered
 */
export function settleObserved(
  settle: HandlerSettle,
  elapsedMs: () => number | undefined,
  left: () => void,
): MonoTypeOperatorFunction<unknown> {
  let answered = false;
  return tap({
    next: () => {
      answered = true;
    },
    complete: () => {
      settle.success(elapsedMs());
    },
    error: (error: unknown) => {
      settle.threw(error, elapsedMs());
    },
    unsubscribe: () => {
      if (answered) settle.success(elapsedMs());
      else left();
    },
  });
}

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

type Shape = Readonly<Record<string, unknown>>;

/** As `ws` counts: after 0 (connecting) and 1 (open) a socket is closing or closed. */
const OPEN = 1;

/**
 * Whether the caller of a handler is known to have gone: an HTTP client or one behind GraphQL that
 * closed its connection, a WebSocket that is disconnected, a gRPC call that was cancelled.
 */
function callerHasLeft(context: ExecutionContext): boolean {
  switch (context.getType<string>()) {
    case 'http':
      return rawResponseOf(context).destroyed;
    case 'ws': {
      const { disconnected, readyState } = shapeOf(context.switchToWs().getClient());
      return disconnected === true || (typeof readyState === 'number' && readyState > OPEN);
    }
    case 'rpc':
      return context
        .getArgs<unknown[]>()
        .some((argument) => shapeOf(argument)['cancelled'] === true);
    default:
      return responseOfGraphql(context)['destroyed'] === true;
  }
}

/** Node's response behind the context of Apollo (`req`, `res`) or Mercurius (`reply`), if there is one. */
function responseOfGraphql(context: ExecutionContext): Shape {
  const { req, res, reply } = shapeOf(context.getArgByIndex(2));
  const response = shapeOf(res ?? reply ?? shapeOf(req)['res']);
  return shapeOf(response['raw'] ?? response);
}

function shapeOf(value: unknown): Shape {
  return typeof value === 'object' && value !== null ? (value as Shape) : {};
}
