/** Why a call counts as failed. */
export type FailureReason = 'error' | 'network' | 'timeout' | 'http-5xx' | 'throttled';

/** Why a call that did not succeed counts neither way. */
export type IgnoredReason =
  'aborted' | 'client-error' | 'inner-refusal' | 'no-verdict' | 'self-inflicted';

/** The protected call worked, whatever it answered. */
export interface SuccessVerdict {
  readonly kind: 'success';
}

/** The protected call did not work. */
export interface FailureVerdict {
  readonly kind: 'failure';
  readonly reason: FailureReason;
  /** Milliseconds the backend asked us to stay away. */
  readonly retryAfterMs?: number | undefined;
  /** By how many milliseconds a timeout fired later than it was set to. */
  readonly lateMs?: number | undefined;
}

/** The call says nothing about the health of what is protected. */
export interface IgnoredVerdict {
  readonly kind: 'ignored';
  readonly reason: IgnoredReason;
}

/** What a classifier makes of the end of a call. */
export type Verdict = SuccessVerdict | FailureVerdict | IgnoredVerdict;

/** Verdict on an answer that shows the backend working. */
export const SUCCESS: SuccessVerdict = Object.freeze({ kind: 'success' });

/** A failure about which nothing more is known. */
export const UNKNOWN_FAILURE: FailureVerdict = Object.freeze({ kind: 'failure', reason: 'error' });

/** Builds the verdict of a call that says nothing about the backend. */
export function ignored(reason: IgnoredReason): IgnoredVerdict {
  return { kind: 'ignored', reason };
}
