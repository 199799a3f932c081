import { BackendTimeoutError, BackendUnavailableError } from '../backend/index.js';
import type { CallIds } from '../backend/index.js';
import { CircuitOpenError } from '../circuit-breaker/index.js';

/** An error of the backend, or of the circuit in front of it, as another process is told of it. */
type SharedError =
  | { readonly kind: 'unavailable'; readonly call?: CallIds }
  | { readonly kind: 'timeout'; readonly timeoutMs: number; readonly call?: CallIds }
  | {
      readonly kind: 'circuit';
      readonly circuit: string;
      readonly state: CircuitOpenError['state'];
      readonly retryAfterMs?: number;
    };

/**
 * Carries what goes wrong with backend calls to the processes that wait for them, so that their callers
 * get the same answer. For `ClusterModule`'s option `errors`.
 */
export const sharedErrors = {
  encode(error: unknown): SharedError | undefined {
    if (error instanceof BackendTimeoutError) {
      return { kind: 'timeout', timeoutMs: error.timeoutMs, ...callOf(error) };
    }
    // What the cause was is in the log of the process that made the call.
    if (error instanceof BackendUnavailableError) return { kind: 'unavailable', ...callOf(error) };
    if (!(error instanceof CircuitOpenError)) return undefined;
    const { circuit, state, retryAfterMs } = error;
    return { kind: 'circuit', circuit, state, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  },

  decode(told: unknown): Error {
    const error = told as SharedError;
    switch (error.kind) {
      case 'timeout':
        return new BackendTimeoutError(error.timeoutMs, error.call);
      case 'circuit':
        return new CircuitOpenError(error.circuit, error);
      case 'unavailable':
        return new BackendUnavailableError(
          'the call of another process failed',
          undefined,
          error.call,
        );
    }
  },
};

/** By it the log of the other process names the call that has failed here. */
function callOf({ call }: BackendUnavailableError | BackendTimeoutError): { call?: CallIds } {
  return call === undefined ? {} : { call };
}
