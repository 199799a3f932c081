import type { CallLedger } from './admitted-call.js';
import { AdmittedCall } from './admitted-call.js';

/** A probe that waits for the permit of the other instances. */
export class SharedProbe extends AdmittedCall {
  /** Whether the permit was given; a call that ends before was not made. */
  permitted = false;
  readonly permit: Promise<boolean>;

  /** @param ask resolves with whether the call may be made, and withdraws it if not */
  constructor(
    ledger: CallLedger,
    generation: number,
    admittedAt: number,
    ask: (probe: SharedProbe) => Promise<boolean>,
  ) {
    super(ledger, 'half-open', generation, admittedAt);
    this.permit = ask(this);
  }

  get isSettled(): boolean {
    return this.settled;
  }

  /** Ends the call without a report. @returns whether it had not ended yet */
  withdraw(): boolean {
    return this.claim();
  }

  // The deadline of a caller may pass while the others are asked: that says nothing of the backend.
  override failure(error?: unknown, durationMs?: number): void {
    if (this.permitted) super.failure(error, durationMs);
    else this.ignore();
  }

  override threw(error: unknown, durationMs?: number): void {
    if (this.permitted) super.threw(error, durationMs);
    else this.ignore();
  }
}
