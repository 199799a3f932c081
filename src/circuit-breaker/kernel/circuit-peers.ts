import { elapsedMs, instantOf } from '../../ground/index.js';
import type { Clock, Instant } from '../../ground/index.js';
import { AdmittedCall } from './admission.js';
import type { CallLedger } from './admission.js';
import type { ResolvedCircuitBreakerOptions } from './circuit-options.js';
import type { CircuitPhase, HalfOpenPhase } from './circuit-state.js';
import type {
  LocalCircuit,
  ProbePermit,
  SharedCircuit,
  SharedCircuits,
} from './shared-circuits.js';

/** The circuit that has peers: where its calls report to, and what it is doing. */
export interface PeeredCircuit extends CallLedger, LocalCircuit {
  readonly phase: CircuitPhase;
  readonly generation: number;
  inFlight: number;
  /** Where calls that are admitted now report to. */
  readonly ledger: CallLedger;
  /** A probe that waited for the others has been refused. */
  refused(): void;
}

/** That another instance probes. */
interface Denial {
  readonly generation: number;
  readonly since: Instant;
  readonly forMs: number;
}

/**
 * The other instances of a cluster, beside one circuit that decides by itself. They are asked at two
 * points, whether one of them probes ({@link areProbing}) and whether this one may ({@link askToProbe}),
 * and told at four: a result that was counted, and a probe that was ignored, came too late, or has given
 * its verdict. What they do comes back by the {@link LocalCircuit}: they can only open it as well, close
 * what they have opened, and be the ones who probe. Where they count together ({@link decide}), they alone
 * open it.
 */
export class CircuitPeers {
  private readonly shared: SharedCircuit;
  private denial: Denial | undefined;

  constructor(
    circuits: SharedCircuits,
    name: string,
    private readonly circuit: PeeredCircuit,
    private readonly options: ResolvedCircuitBreakerOptions,
    private readonly clock: Clock,
  ) {
    const { policy, probeTimeoutMs } = options;
    const failures = policy.kind === 'consecutive' ? policy.failures : 1;
    this.shared = circuits.join(name, { failures, probeTimeoutMs }, circuit);
  }

  /** Whether another instance is known to probe. */
  get areProbing(): boolean {
    const { denial } = this;
    if (denial?.generation !== this.circuit.generation || !this.shared.isOpen) return false;
    return elapsedMs(this.clock, denial.since) < denial.forMs;
  }

  /** Whether it is for all instances together to open the circuit: what this one alone has counted does not. */
  get decide(): boolean {
    return this.shared.decides === true && this.options.policy.kind === 'consecutive';
  }

  /** A probe that waits for the others; `undefined` where they do not hold the circuit open. */
  askToProbe(): AdmittedCall | undefined {
    if (!this.shared.isOpen) return undefined;
    const { circuit, clock } = this;
    circuit.inFlight += 1;
    return new SharedProbe(circuit.ledger, circuit.generation, clock.monotonic(), async (probe) =>
      this.mayProbe(probe, await this.shared.askToProbe()),
    );
  }

  /** Who has probed does so no longer. */
  probeIsFree(): void {
    this.denial = undefined;
  }

  /** A result of the present closed era has been counted. */
  counted(failed: boolean): void {
    const { phase } = this.circuit;
    if (phase.kind === 'open') this.shared.failed(phase.cooldownMs);
    // Rates are no sum of anything: where they decide, each instance that has opened is a vote.
    else if (this.options.policy.kind !== 'consecutive') return;
    else if (failed) this.shared.failed(this.options.cooldownMs);
    else this.shared.succeeded();
  }

  /** A probe that had its place has ended without a verdict. */
  probeIgnored(probe: AdmittedCall): void {
    if (probe instanceof SharedProbe && probe.permitted) this.giveBack();
  }

  /**
   * Drops a probe that took so long, or whose process stood still for so long, that another instance may
   * have probed in its place: then its result changes nothing.
   *
   * @returns whether it did
   */
  dropLost({ leases }: HalfOpenPhase, probe: AdmittedCall): boolean {
    const since = leases.get(probe);
    if (!(probe instanceof SharedProbe) || since === undefined) return false;
    const inTime = elapsedMs(this.clock, since) < this.options.probeTimeoutMs;
    if (inTime && this.shared.holdsProbe) return false;
    leases.delete(probe);
    this.giveBack();
    return true;
  }

  /** A probe has closed the circuit, and who listens has left it so. */
  probeSucceeded(): void {
    if (this.circuit.phase.kind === 'closed') this.shared.probeSucceeded();
  }

  /** A probe has opened the circuit, and who listens has left it so. */
  probeFailed(): void {
    const { phase } = this.circuit;
    if (phase.kind === 'open') this.shared.probeFailed(phase.cooldownMs);
  }

  /** The circuit is no longer used. */
  leave(): void {
    this.shared.leave();
  }

  /** Takes the answer of the others into account. @returns whether the call may be made */
  private mayProbe(probe: SharedProbe, answer: ProbePermit): boolean {
    const { phase, generation } = this.circuit;
    const since = instantOf(this.clock);
    const hasPlace = phase.kind === 'half-open' && phase.leases.has(probe);
    if (answer.granted) {
      if (hasPlace) {
        // The others give it as long from the permit on.
        phase.leases.set(probe, since);
        probe.permitted = true;
        return true;
      }
      this.giveBack();
      // Closed meanwhile: nothing keeps the call from being made, and its result is of another era.
      const admitsAll = phase.kind === 'closed' || phase.kind === 'forced-closed';
      if (admitsAll && !probe.isSettled) return true;
    } else if (hasPlace) {
      phase.leases.delete(probe);
      this.denial = { generation, since, forMs: answer.forMs };
    }
    if (probe.withdraw()) {
      this.circuit.inFlight -= 1;
      this.circuit.refused();
    }
    return false;
  }

  /** Lets other instances probe, unless another probe of this one is under way. */
  private giveBack(): void {
    const { phase } = this.circuit;
    if (phase.kind === 'half-open' && phase.leases.size > 0) return;
    this.shared.giveBack();
  }
}

/** A probe that waits for the permit of the other instances. */
class SharedProbe extends AdmittedCall {
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
