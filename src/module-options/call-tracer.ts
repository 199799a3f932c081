/** What one call of the backend is known by, there and in the log. Nothing but data. */
export interface CallIds {
  /**
   * Of this call alone, 16 hexadecimal digits: the backend gets it as `X-Request-Id`, and as the span
   * in `traceparent`.
   */
  readonly flightId: string;
  /** Trace that the call belongs to, 32 hexadecimal digits. */
  readonly traceId: string;
  /** Whether those who trace are asked to keep it. */
  readonly sampled: boolean;
  /** How long it took, in whole milliseconds: told by `BackendClient` when it has ended. */
  backendMs?: number;
}

/** The span of the one request that a call is made for, as the request's `traceparent` names it. */
export interface ParentSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
}

/** What a tracer is told of a call that has ended. */
export interface TracedCall {
  readonly flightId: string;
  /** Scheme, host and port. */
  readonly backend: string;
  /** `answered`, or how it failed. */
  readonly outcome: string;
  readonly status?: number;
}

/** Makes spans of backend calls. The client of backends looks for it, and needs none. */
export interface CallTracer {
  /** Begins a span; `undefined` where there is nobody who takes it, and the call needs ids of its own. */
  begin(parent: ParentSpan | undefined): CallIds | undefined;
  /** Ends the span of a call. */
  ended(call: TracedCall): void;
}

/** Injection token of the {@link CallTracer}, if there is one. */
export const CALL_TRACER = 'breakwater:call-tracer';
