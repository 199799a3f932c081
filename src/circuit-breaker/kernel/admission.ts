import type { CircuitState } from './circuit-state.js';
import type { Classifier } from './classifier.js';
import { UNKNOWN_FAILURE } from './verdict.js';
import type { FailureVerdict, IgnoredReason, Verdict } from './verdict.js';

/**
 * How an admitted call reports what became of it. The first report counts, once, and only while the
 * circuit is still in the generation that admitted the call; every other report changes nothing.
 */
export interface Settle {
  /**
   * The call succeeded.
   * @param durationMs how long it took, in milliseconds; measured from the admission if left out
   */
  success(durationMs?: number): void;
  /**
   * The call failed, whatever the classifier would say of the error.
   * @param error what it failed with, kept as evidence (its kind, never its message)
   * @param durationMs how long it took, in milliseconds
   */
  failure(error?: unknown, durationMs?: number): void;
  /** The call ended without a verdict: it counts neither way, and a probe gives its place back. */
  ignore(): void;
  /** The call threw `error`: the circuit's classifier decides which of the three it is. */
  threw(error: unknown, durationMs?: number): void;
  /** The call returned `answer`: a classifier that knows HTTP answers decides which of the three. */
  returned(answer: unknown, durationMs?: number): void;
}

/** The call may be made; its result must be reported through {@link Settle}. */
export interface Admitted {
  readonly admitted: true;
  /** State of the circuit when the call was admitted, after elapsed time had been applied. */
  readonly state: 'closed' | 'half-open';
  /** Number of transitions before the admission: results of an older generation are dropped. */
  readonly generation: number;
  readonly settle: Settle;
  /**
   * On a probe that the other instances of a cluster have to agree to: whether the call may be made.
   * Has to be awaited before it; where it is `false`, the call has been refused as any other that comes
   * while another instance probes. Never rejects.
   */
  readonly permit?: Promise<boolean>;
}

/** The call must not be made. */
export interface Refused {
  readonly admitted: false;
  /** State of the circuit when the call was refused; `closed` only during a recovery ramp. */
  readonly state: CircuitState;
  /**
   * Milliseconds after which a call will be admitted; never more than the cooldown. Absent while
   * half-open and while isolated, since nobody can tell.
   */
  readonly retryAfterMs?: number;
}

/** The breaker's decision about one call. */
export type Admission = Admitted | Refused;

/** Where admitted calls report to. */
export interface CallLedger {
  readonly classifier: Classifier;
  succeeded(call: AdmittedCall, durationMs: number | undefined): void;
  failed(call: AdmittedCall, verdict: FailureVerdict, durationMs: number | undefined): void;
  ignored(call: AdmittedCall, reason: IgnoredReason, durationMs: number | undefined): void;
}

/** An admission that is its own settle: one object per call, on the hottest path there is. */
export class AdmittedCall implements Admitted, Settle {
  readonly admitted = true;
  protected settled = false;

  constructor(
    private readonly ledger: CallLedger,
    readonly state: 'closed' | 'half-open',
    readonly generation: number,
    /** Monotonic reading at the admission, where the ledger is going to ask for durations. */
    readonly admittedAt: number | undefined,
  ) {}

  get settle(): Settle {
    return this;
  }

  success(durationMs?: number): void {
    if (this.claim()) this.ledger.succeeded(this, durationMs);
  }

  failure(error?: unknown, durationMs?: number): void {
    if (!this.claim()) return;
    const verdict = this.ledger.classifier.error(error);
    this.ledger.failed(this, verdict.kind === 'failure' ? verdict : UNKNOWN_FAILURE, durationMs);
  }

  ignore(): void {
    if (this.claim()) this.ledger.ignored(this, 'no-verdict', undefined);
  }

  threw(error: unknown, durationMs?: number): void {
    if (this.claim()) this.conclude(this.ledger.classifier.error(error), durationMs);
  }

  returned(answer: unknown, durationMs?: number): void {
    if (this.claim()) this.conclude(this.ledger.classifier.answer(answer), durationMs);
  }

  /** Whether this is the first report on the call. */
  protected claim(): boolean {
    const first = !this.settled;
    this.settled = true;
    return first;
  }

  private conclude(verdict: Verdict, durationMs: number | undefined): void {
    switch (verdict.kind) {
      case 'success':
        this.ledger.succeeded(this, durationMs);
        return;
      case 'failure':
        this.ledger.failed(this, verdict, durationMs);
        return;
      case 'ignored':
        this.ledger.ignored(this, verdict.reason, durationMs);
    }
  }
}
