import type { CircuitState } from './circuit-state.js';

/** `code` of {@link CircuitOpenError}. */
export const CIRCUIT_OPEN_CODE = 'BREAKWATER_CIRCUIT_OPEN';

/**
 * A call was refused by its circuit. Carries no stack trace: refusals happen by the thousand exactly
 * when the process can least afford them, and the trace would say nothing about the cause.
 */
export class CircuitOpenError extends Error {
  override readonly name = 'CircuitOpenError';
  readonly code = CIRCUIT_OPEN_CODE;
  /** Name of the circuit that refused. */
  readonly circuit: string;
  /** State of the circuit when it refused. */
  readonly state: CircuitState;
  /** Milliseconds after which a call will be admitted, where that is known. */
  readonly retryAfterMs: number | undefined;

  constructor(
    circuit: string,
    refusal: { readonly state: CircuitState; readonly retryAfterMs?: number | undefined },
  ) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(`circuit "${circuit}" refused the call while ${refusal.state}`);
    Error.stackTraceLimit = stackTraceLimit;
    this.circuit = circuit;
    this.state = refusal.state;
    this.retryAfterMs = refusal.retryAfterMs;
  }
}
