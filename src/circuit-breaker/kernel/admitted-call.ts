import type { Admitted, Settle } from './admission.js';
import type { Classifier } from './classifier.js';
import { UNKNOWN_FAILURE } from './verdict.js';
import type { FailureVerdict, IgnoredReason, Verdict } from './verdict.js';

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
