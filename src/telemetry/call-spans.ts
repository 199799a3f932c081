import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  context,
  isSpanContextValid,
  trace,
} from '@opentelemetry/api';
import type { Context, Span } from '@opentelemetry/api';
import { BoundedMap } from '../ground/index.js';
import type { CallIds, CallTracer, ParentSpan, TracedCall } from '../module-options/index.js';
import { SCOPE } from './tracing.js';

/** Calls under way whose spans are remembered: more than any backend has at once. */
const MAX_OPEN = 20_000;

/**
 * A client span for each call of a backend, named and described by the semantic conventions for HTTP
 * (stable since 1.23). It is the child of the flight that makes the call or, where a request makes it for
 * itself, of that request's. The backend is told of it by `traceparent`.
 */
export class CallSpans implements CallTracer {
  private readonly tracer = trace.getTracer(SCOPE);
  private readonly open = new BoundedMap<Span>(MAX_OPEN, (span) => {
    span.end();
  });

  begin(parent: ParentSpan | undefined): CallIds | undefined {
    const span = this.tracer.startSpan(
      'GET',
      { kind: SpanKind.CLIENT, attributes: { 'http.request.method': 'GET' } },
      contextOf(parent),
    );
    const { traceId, spanId, traceFlags } = span.spanContext();
    // Where no SDK is registered, it is of no trace, or the parent's own.
    if (!isSpanContextValid(span.spanContext()) || spanId === parent?.spanId) return undefined;
    this.open.set(spanId, span);
    return { flightId: spanId, traceId, sampled: (traceFlags & TraceFlags.SAMPLED) !== 0 };
  }

  ended({ flightId, backend, outcome, status }: TracedCall): void {
    const span = this.open.get(flightId);
    if (span === undefined) return;
    this.open.delete(flightId);
    if (URL.canParse(backend)) {
      const { hostname, port, protocol } = new URL(backend);
      span.setAttributes({
        'server.address': hostname.replace(/^\[(.*)\]$/, '$1'),
        'server.port': Number(port) || (protocol === 'https:' ? 443 : 80),
      });
    }
    if (status !== undefined) span.setAttribute('http.response.status_code', status);
    const failed = outcome !== 'answered' || (status ?? 0) >= 400;
    if (failed) {
      // A status that has come says more than that it was a failure.
      span.setAttribute('error.type', status === undefined ? outcome : String(status));
      if (outcome !== 'aborted') span.setStatus({ code: SpanStatusCode.ERROR });
    }
    span.end();
  }
}

/**
 * What a call's span is a part of: what is active where it belongs to the request's trace, and else the
 * request's span itself; what is active where there is no request.
 */
function contextOf(parent: ParentSpan | undefined): Context {
  const active = context.active();
  if (parent === undefined) return active;
  const { traceId, spanId, sampled } = parent;
  if (trace.getSpanContext(active)?.traceId === traceId) return active;
  return trace.setSpanContext(ROOT_CONTEXT, {
    ...{ traceId, spanId, isRemote: true },
    traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
  });
}
