import { elapsedMs, instantOf } from '../../clock/index.js';
import type { Instant } from '../../clock/index.js';
import type { AdmittedCall } from './admitted-call.js';
import type { ResolvedCircuitBreakerOptions } from './circuit-breaker-options.interface.js';
import { CircuitMachine } from './circuit-machine.js';
import type { ClosedPhase, HalfOpenPhase } from './circuit-phase.js';
import type { CircuitPorts } from './circuit-ports.js';
import type { LocalCircuit, SharedOpening } from './local-circuit.js';
import type { ProbePermit, SharedCircuit, SharedCircuits } from './shared-circuits.js';
import { SharedProbe } from './shared-probe.js';
import type { FailureVerdict, IgnoredReason } from './verdict.js';

/** That another instance probes. */
interface Denial {
  readonly generation: number;
  readonly since: Instant;
  readonly forMs: number;
}

/**
 * A circuit that takes part in what all instances together make of it. It decides by itself exactly
 * as {@link CircuitMachine} does; the others can only open it as well, close what they have opened,
 * and be the ones who probe.
 */
export class SharedCircuitMachine extends CircuitMachine implements LocalCircuit {
  private readonly shared: SharedCircuit;
  /** Whether every failure is told, or only that this circuit has opened. */
  private readonly tellsEach: boolean;
  private denial: Denial | undefined;

  constructor(
    name: string,
    options: ResolvedCircuitBreakerOptions,
    ports: CircuitPorts,
    circuits: SharedCircuits,
  ) {
    super(name, options, ports);
    const { policy, probeTimeoutMs } = options;
    // Rates are no sum of anything: where they decide, each instance that has opened is a vote.
    this.tellsEach = policy.kind === 'consecutive';
    const failures = policy.kind === 'consecutive' ? policy.failures : 1;
    this.shared = circuits.join(name, { failures, probeTimeoutMs }, this);
  }

  /** Takes no part any more. */
  leave(): void {
    this.shared.leave();
  }

  openedByAll({ forMs, again, detail }: SharedOpening): void {
    const { kind } = this.phase;
    if (kind === 'isolated' || kind === 'forced-closed') return;
    // Callers were told when to come back: what this circuit has opened by itself stays as it is.
    if (kind === 'open' && !again && !this.wasOpenedByAll()) return;
    // Everybody counts the openings, whoever computes the next cooldown.
    this.cooldown.next(kind === 'closed' ? this.elapsed() : 0);
    const since = instantOf(this.ports.clock);
    const reason = again ? 'cluster-reopened' : 'cluster-opened';
    this.enter({ kind: 'open', since, cooldownMs: forMs }, reason, detail);
  }

  closedByAll(detail: string): void {
    const { kind } = this.phase;
    if (kind !== 'open' && kind !== 'half-open') return;
    this.enter(this.closedPhase(true), 'cluster-closed', detail);
  }

  probeIsFree(): void {
    this.denial = undefined;
  }

  override ignored(
    call: AdmittedCall,
    reason: IgnoredReason,
    durationMs: number | undefined,
  ): void {
    const { phase } = this;
    const hadPlace = phase.kind === 'half-open' && phase.leases.has(call);
    super.ignored(call, reason, durationMs);
    if (hadPlace && call instanceof SharedProbe && call.permitted) this.giveBack(phase);
  }

  protected override count(
    phase: ClosedPhase,
    call: AdmittedCall,
    failure: FailureVerdict | undefined,
    durationMs: number | undefined,
  ): void {
    super.count(phase, call, failure, durationMs);
    const now = this.phase;
    if (now.kind === 'open') this.shared.failed(now.cooldownMs);
    else if (!this.tellsEach) return;
    else if (failure) this.shared.failed(this.options.cooldownMs);
    else this.shared.succeeded();
  }

  protected override hasPlace(phase: HalfOpenPhase): boolean {
    return !this.isDenied() && super.hasPlace(phase);
  }

  protected override newProbe(): AdmittedCall {
    if (!this.shared.isOpen) return super.newProbe();
    this.inFlight += 1;
    return new SharedProbe(this, this.generation, this.ports.clock.monotonic(), async (probe) =>
      this.mayProbe(probe, await this.shared.askToProbe()),
    );
  }

  protected override probeSucceeded(
    phase: HalfOpenPhase,
    probe: AdmittedCall,
    durationMs: number | undefined,
  ): void {
    if (this.dropLost(phase, probe)) return;
    super.probeSucceeded(phase, probe, durationMs);
    if (this.phase.kind === 'closed') this.shared.probeSucceeded();
  }

  protected override probeFailed(
    phase: HalfOpenPhase,
    probe: AdmittedCall,
    verdict: FailureVerdict,
    durationMs: number | undefined,
  ): void {
    if (this.dropLost(phase, probe)) return;
    super.probeFailed(phase, probe, verdict, durationMs);
    const now = this.phase;
    if (now.kind === 'open') this.shared.probeFailed(now.cooldownMs);
  }

  private wasOpenedByAll(): boolean {
    return this.lastReason === 'cluster-opened' || this.lastReason === 'cluster-reopened';
  }

  private isDenied(): boolean {
    const { denial } = this;
    if (denial?.generation !== this.generation || !this.shared.isOpen) return false;
    return elapsedMs(this.ports.clock, denial.since) < denial.forMs;
  }

  /** Takes the answer of the others into account. @returns whether the call may be made */
  private mayProbe(probe: SharedProbe, answer: ProbePermit): boolean {
    const { phase, generation } = this;
    const since = instantOf(this.ports.clock);
    const hasPlace = phase.kind === 'half-open' && phase.leases.has(probe);
    if (answer.granted) {
      if (hasPlace) {
        // The others give it as long from the permit on.
        phase.leases.set(probe, since);
        probe.permitted = true;
        return true;
      }
      this.giveBack(phase);
      // Closed meanwhile: nothing keeps the call from being made, and its result is of another era.
      if (admitsAll(phase.kind) && !probe.isSettled) return true;
    } else if (hasPlace) {
      phase.leases.delete(probe);
      this.denial = { generation, since, forMs: answer.forMs };
    }
    if (probe.withdraw()) this.inFlight -= 1;
    return false;
  }

  /**
   * Whether the probe took so long that another instance may have probed in its place: then its result
   * changes nothing.
   */
  private dropLost(phase: HalfOpenPhase, probe: AdmittedCall): boolean {
    const since = phase.leases.get(probe);
    if (!(probe instanceof SharedProbe) || since === undefined) return false;
    if (elapsedMs(this.ports.clock, since) < this.options.probeTimeoutMs) return false;
    phase.leases.delete(probe);
    this.giveBack(phase);
    return true;
  }

  /** Lets other instances probe, unless another probe of this one is under way. */
  private giveBack(phase: CircuitMachine['phase']): void {
    if (phase.kind === 'half-open' && phase.leases.size > 0) return;
    this.shared.giveBack();
  }
}

function admitsAll(kind: CircuitMachine['phase']['kind']): boolean {
  return kind === 'closed' || kind === 'forced-closed';
}
