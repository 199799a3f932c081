import { AdmittedCall } from './admission.js';
import type { Admission, CallLedger, Settle } from './admission.js';
import { CircuitMachine } from './circuit-machine.js';
import { silentCalls } from './circuit-calls.js';
import type { CircuitPorts, ResolvedCircuitBreakerOptions } from './circuit-options.js';
import { silentSink } from './circuit-state.js';
import type { CircuitMode } from './circuit-state.js';

/** What a candidate would have done with the calls that the live circuit decided about. */
export interface ShadowReport {
  /** State the candidate is in. */
  readonly mode: CircuitMode;
  /** Number of its transitions. */
  readonly transitions: number;
  /** Calls that the live circuit admitted and the candidate would have refused. */
  readonly wouldRefuse: number;
  /** Of these, the ones that succeeded: what the candidate would have cost. */
  readonly wouldRefuseGood: number;
  /** Calls that the live circuit refused and the candidate would have admitted. */
  readonly wouldAdmit: number;
}

/** A candidate circuit beside a live one: it sees the same calls and decides nothing. */
export class ShadowCircuit {
  private readonly machine: CircuitMachine;
  private wouldRefuse = 0;
  private wouldRefuseGood = 0;
  private wouldAdmit = 0;
  /** Takes the results of calls that the candidate would not have made, and so cannot learn from. */
  private readonly refusedCalls: CallLedger;

  constructor(name: string, options: ResolvedCircuitBreakerOptions, ports: CircuitPorts) {
    const alone = { ...ports, transitions: silentSink, calls: silentCalls, shared: undefined };
    this.machine = new CircuitMachine(name, options, alone);
    this.refusedCalls = {
      classifier: this.machine.classifier,
      succeeded: () => {
        this.wouldRefuseGood += 1;
      },
      failed: () => undefined,
      ignored: () => undefined,
    };
  }

  /** Asks the candidate about the call as well. @returns the live decision, reporting to both */
  watch(live: Admission): Admission {
    if (!live.admitted) {
      // A look and not an admission: the candidate will never hear how a refused call ended.
      if (this.machine.mode === 'closed') this.wouldAdmit += 1;
      return live;
    }
    const { state, generation, permit } = live;
    const settle = new SettleBoth(live.settle, this.candidateSettle());
    return { admitted: true, state, generation, settle, permit };
  }

  report(): ShadowReport {
    const { wouldRefuse, wouldRefuseGood, wouldAdmit } = this;
    const { mode, generation: transitions } = this.machine;
    return { mode, transitions, wouldRefuse, wouldRefuseGood, wouldAdmit };
  }

  private candidateSettle(): Settle {
    const candidate = this.machine.admit();
    if (candidate.admitted) return candidate.settle;
    this.wouldRefuse += 1;
    return new AdmittedCall(this.refusedCalls, 'closed', 0, undefined);
  }
}

/** Passes each report on to two settles, which count it independently. */
class SettleBoth implements Settle {
  constructor(
    private readonly first: Settle,
    private readonly second: Settle,
  ) {}

  success(durationMs?: number): void {
    this.first.success(durationMs);
    this.second.success(durationMs);
  }

  failure(error?: unknown, durationMs?: number): void {
    this.first.failure(error, durationMs);
    this.second.failure(error, durationMs);
  }

  ignore(): void {
    this.first.ignore();
    this.second.ignore();
  }

  threw(error: unknown, durationMs?: number): void {
    this.first.threw(error, durationMs);
    this.second.threw(error, durationMs);
  }

  returned(answer: unknown, durationMs?: number): void {
    this.first.returned(answer, durationMs);
    this.second.returned(answer, durationMs);
  }
}
