import { BackendTimeoutError } from './backend.errors.js';
import { InFlightBytesError } from './bodies-in-flight.js';

/**
 * How a call of a backend ended.
 * - `answered`: a whole answer by 200 to 499
 * - `failing`: an answer by 5xx, or by a status that is no answer
 * - `timeout`: no whole answer within the time allowed
 * - `unreachable`: no whole answer, or what is none: refused, reset, cut off, too large
 * - `no-room`: given up, as bodies on their way leave no room for this one
 * - `aborted`: given up by those who had asked for it
 */
export type BackendOutcome =
  'answered' | 'failing' | 'timeout' | 'unreachable' | 'no-room' | 'aborted';

/** Every {@link BackendOutcome}. */
export const BACKEND_OUTCOMES: readonly BackendOutcome[] = Object.freeze([
  ...(['answered', 'failing', 'timeout', 'unreachable', 'no-room', 'aborted'] as const),
]);

/** One call of a backend, told when it has ended. */
export interface BackendCallEvent {
  readonly type: 'called';
  /** Scheme, host and port: no credentials, and nothing of the path, which may be a secret. */
  readonly backend: string;
  readonly outcome: BackendOutcome;
  /** Status of the answer, where one has come. */
  readonly status?: number;
  /** How long the backend wants to be left alone, in milliseconds, where a failing one has said so. */
  readonly retryAfterMs?: number;
  /** From the call until its end, in milliseconds. */
  readonly durationMs: number;
  /** What the backend was told as `X-Request-Id`. */
  readonly flightId: string;
  /** Trace that the call belongs to. */
  readonly traceId: string;
}

/** Whether a status is that of an answer, whoever it is bad news for: not of one that could not answer. */
export function isAnswer(status: number): boolean {
  return Number.isInteger(status) && status >= 200 && status < 500;
}

/** How a call ended that has failed with `error`, perhaps after an answer of `status` had come. */
export function failureOf(
  error: unknown,
  signal: AbortSignal,
  status: number | undefined,
): BackendOutcome {
  if (status !== undefined) return isAnswer(status) ? 'unreachable' : 'failing';
  if (signal.aborted) return 'aborted';
  if (error instanceof InFlightBytesError) return 'no-room';
  return error instanceof BackendTimeoutError ? 'timeout' : 'unreachable';
}

/** The backend that `url` leads to, with nothing that may be a secret. */
export function backendOf(url: string, baseUrl = ''): string {
  const whole = /^https?:/i.test(url) ? url : `${baseUrl}${url}`;
  return URL.canParse(whole) ? new URL(whole).origin : 'unknown';
}
