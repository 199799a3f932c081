import type { Clock } from '../../ground/index.js';
import type { AdmittedCall, CallLedger, Refused } from './admission.js';
import type { CircuitState } from './circuit-state.js';
import { isSelfInflicted } from './verdict.js';
import type { FailureReason, FailureVerdict, IgnoredReason } from './verdict.js';

/** What became of a call, told after it has happened. */
export type CircuitCallEvent = {
  /** Name of the circuit. */
  readonly circuit: string;
  /** Name under which it is counted: its own, or `payments[*]` for a circuit by key. */
  readonly family: string;
} & (
  | {
      readonly type: 'refused';
      /** State in which it was; `closed` during a recovery ramp. */
      readonly state: CircuitState;
      /** Milliseconds after which a call will be admitted, where that is known. */
      readonly retryAfterMs?: number;
    }
  | {
      readonly type: 'settled';
      /** State in which it was admitted: in `half-open` it was a probe. */
      readonly state: 'closed' | 'half-open';
      readonly outcome: 'success' | 'failure' | 'ignored';
      /** What kind of failure it was, or why it counted neither way. */
      readonly reason?: FailureReason | IgnoredReason;
      /** From the admission on, where the call has not told its own time; in milliseconds. */
      readonly durationMs: number;
    }
);

/** Where circuits tell what becomes of calls. */
export interface CallSink {
  /** Whether anybody listens; nothing is made for nobody. */
  readonly wanted: boolean;
  publish(event: CircuitCallEvent): void;
}

/** Tells nobody. */
export const silentCalls: CallSink = { wanted: false, publish: () => undefined };

/** Whose calls are told. */
export type Named = Pick<CircuitCallEvent, 'circuit' | 'family'>;

/** Stands between admitted calls and their circuit while somebody listens, and tells how they ended. */
export class ToldCalls implements CallLedger {
  constructor(
    private readonly ledger: CallLedger,
    private readonly named: Named,
    private readonly options: { readonly timeoutToleranceMs: number },
    private readonly ports: { readonly calls: CallSink; readonly clock: Clock },
  ) {}

  get classifier(): CallLedger['classifier'] {
    return this.ledger.classifier;
  }

  succeeded(call: AdmittedCall, durationMs: number | undefined): void {
    this.ledger.succeeded(call, durationMs);
    this.tell('success', call, durationMs);
  }

  failed(call: AdmittedCall, verdict: FailureVerdict, durationMs: number | undefined): void {
    this.ledger.failed(call, verdict, durationMs);
    if (isSelfInflicted(verdict, this.options.timeoutToleranceMs)) {
      this.tell('ignored', call, durationMs, 'self-inflicted');
    } else {
      this.tell('failure', call, durationMs, verdict.reason);
    }
  }

  ignored(call: AdmittedCall, reason: IgnoredReason, durationMs: number | undefined): void {
    this.ledger.ignored(call, reason, durationMs);
    this.tell('ignored', call, durationMs, reason);
  }

  refused({ state, retryAfterMs }: Refused): void {
    const { circuit, family } = this.named;
    const refused = { circuit, family, type: 'refused', state } as const;
    this.publish(retryAfterMs === undefined ? refused : { ...refused, retryAfterMs });
  }

  private tell(
    outcome: 'success' | 'failure' | 'ignored',
    { state, admittedAt }: AdmittedCall,
    told: number | undefined,
    reason?: FailureReason | IgnoredReason,
  ): void {
    const now = this.ports.clock.monotonic();
    const durationMs = told ?? Math.max(0, now - (admittedAt ?? now));
    const { circuit, family } = this.named;
    // Each call makes one, and an object that begins with a spread takes microseconds on Node 20.
    const ended = { circuit, family, type: 'settled', state, outcome, durationMs } as const;
    this.publish(reason === undefined ? ended : { ...ended, reason });
  }

  private publish(event: CircuitCallEvent): void {
    const { calls } = this.ports;
    if (!calls.wanted) return;
    try {
      calls.publish(event);
    } catch {
      // Who listens has no say in what becomes of a call.
    }
  }
}
