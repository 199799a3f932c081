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

/** Whether a timeout fired so late that this process was blocked, and not the backend slow. */
export function isSelfInflicted(
  { lateMs = -Infinity }: FailureVerdict,
  toleranceMs: number,
): boolean {
  return lateMs >= toleranceMs;
}

/** Builds the verdict of a call that says nothing about the backend. */
export function ignored(reason: IgnoredReason): IgnoredVerdict {
  return { kind: 'ignored', reason };
}

/** One result that the circuit took into account and that says more than "fine". */
export interface Evidence {
  /** When the result arrived, in milliseconds since the Unix epoch. */
  readonly at: number;
  readonly outcome: 'failure' | 'ignored' | 'slow' | 'probe-success';
  /** What the classifier made of it. */
  readonly reason?: FailureReason | IgnoredReason | undefined;
  /** How long the call took, in milliseconds, where that was measured. */
  readonly durationMs?: number | undefined;
}

/** The last few pieces of evidence. Takes no memory until the first one arrives. */
export class EvidenceRing {
  private entries: Evidence[] | undefined;
  private next = 0;

  constructor(private readonly size: number) {}

  add(evidence: Evidence): void {
    if (this.size === 0) return;
    this.entries ??= [];
    this.entries[this.next] = evidence;
    this.next = (this.next + 1) % this.size;
  }

  /** The evidence held, oldest first. */
  list(): Evidence[] {
    const { entries, next } = this;
    return entries === undefined ? [] : [...entries.slice(next), ...entries.slice(0, next)];
  }
}
