import { ROOT_CONTEXT, SpanKind, SpanStatusCode, context, trace } from '@opentelemetry/api';
import type { Span, Tracer } from '@opentelemetry/api';
import type { FlightContext, FlightEvent, LandedAs } from '../coalescing/index.js';

/** Ways to end that are a failure of the flight, and not of those who left it. */
const FAILURES: ReadonlySet<LandedAs> = new Set(['error', 'timeout']);

interface FlightSpan {
  readonly span: Span;
  joiners: number;
}

/**
 * A span for each flight, from its first caller to its end. A flight is nobody's child: it is the root of
 * a trace of its own, and the span of each caller, leader and joiners alike, links to it.
 */
export class FlightSpans {
  private readonly open = new Map<number, FlightSpan>();

  constructor(private readonly tracer: Tracer) {}

  /** Is told what happens to flights, as it happens: in the caller's context, that is. */
  readonly heard = (event: FlightEvent): void => {
    switch (event.type) {
      case 'led':
        this.led(event);
        break;
      case 'joined':
        this.joined(event.flight);
        break;
      case 'landed':
        this.landed(event.flight, event.as);
        break;
      default:
    }
  };

  /** Runs a part of `flight` where its span is the active one, which what it starts is a child of. */
  readonly within = <R>(flight: FlightContext, fn: () => R): R => {
    const span = this.open.get(flight.id)?.span;
    return span === undefined ? fn() : context.with(trace.setSpan(ROOT_CONTEXT, span), fn);
  };

  /** Ends what is open, for who stops tracing. */
  close(): void {
    for (const { span } of this.open.values()) span.end();
    this.open.clear();
  }

  private led(event: FlightEvent & { readonly type: 'led' }): void {
    const span = this.tracer.startSpan(
      'flight',
      {
        root: true,
        kind: SpanKind.INTERNAL,
        attributes: {
          'breakwater.coalescer': event.coalescer,
          'breakwater.flight.key_hash': event.keyHash,
          'breakwater.flight.origin': event.origin,
        },
      },
      ROOT_CONTEXT,
    );
    this.open.set(event.flight, { span, joiners: 0 });
    linkActive(span, 'led');
  }

  private joined(flight: number): void {
    const known = this.open.get(flight);
    if (known === undefined) return;
    known.joiners++;
    linkActive(known.span, 'joined');
  }

  private landed(flight: number, as: LandedAs): void {
    const known = this.open.get(flight);
    if (known === undefined) return;
    this.open.delete(flight);
    const { span, joiners } = known;
    span.setAttributes({ 'breakwater.flight.joiners': joiners, 'breakwater.flight.outcome': as });
    if (FAILURES.has(as)) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  }
}

/** Links the caller's span, if there is one, to that of the flight. */
function linkActive(flight: Span, role: 'led' | 'joined'): void {
  trace.getActiveSpan()?.addLink({
    context: flight.spanContext(),
    attributes: { 'breakwater.flight.role': role },
  });
}
