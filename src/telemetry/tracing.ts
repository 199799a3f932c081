import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { trace } from '@opentelemetry/api';
import { COALESCING_CHANNEL, wrapFlights } from '../coalescing/index.js';
import type { FlightEvent } from '../coalescing/index.js';
import { FlightSpans } from './flight-spans.js';

/** What spans are told by: the name of their instrumentation scope. */
export const SCOPE = 'breakwater';

/** Applications of the process that trace, and what ends the tracing after the last of them. */
let applications = 0;
let end = (): void => undefined;

/**
 * Traces the flights of the process, until what is returned was called as often as this. Events and
 * OpenTelemetry's own interface are the process's too: two applications in it must not make two spans of
 * one flight.
 */
export function traceFlights(): () => void {
  if (applications++ === 0) end = begin();
  let open = true;
  return () => {
    if (!open) return;
    open = false;
    if (--applications === 0) end();
  };
}

function begin(): () => void {
  const spans = new FlightSpans(trace.getTracer(SCOPE));
  const heard = (event: unknown): void => {
    spans.heard(event as FlightEvent);
  };
  subscribe(COALESCING_CHANNEL, heard);
  const unwrap = wrapFlights(spans.within);
  return () => {
    unsubscribe(COALESCING_CHANNEL, heard);
    unwrap();
    spans.close();
  };
}
