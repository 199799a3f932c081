import type { Admission, Settle } from './admission.js';
import { AdmittedCall } from './admitted-call.js';
import type { CallLedger } from './admitted-call.js';
import type { ResolvedCircuitBreakerOptions } from './circuit-breaker-options.interface.js';
import { CircuitMachine } from './circuit-machine.js';
import type { CircuitPorts } from './circuit-ports.js';
import type { CircuitMode } from './circuit-state.js';
import { silentSink } from './circuit-transition.js';
import { SettleBoth } from './settle-both.js';

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
    const alone = { ...ports, transitions: silentSink, shared: undefined };
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
