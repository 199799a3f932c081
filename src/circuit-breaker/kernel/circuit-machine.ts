import { elapsedMs, instantOf } from '../../ground/index.js';
import { AdmittedCall } from './admission.js';
import type { Admission, CallLedger, Refused } from './admission.js';
import { ToldCalls } from './circuit-calls.js';
import type { CircuitPorts, ResolvedCircuitBreakerOptions } from './circuit-options.js';
import { CircuitPeers } from './circuit-peers.js';
import { isOpenedByPeers, rampShare, takePlace, tellTransition } from './circuit-state.js';
import type {
  CircuitMode,
  CircuitPhase,
  ClosedPhase,
  HalfOpenPhase,
  TransitionReason,
} from './circuit-state.js';
import { HttpClassifier } from './classifier.js';
import { ExponentialCooldown, FixedCooldown } from './cooldown.js';
import type { Cooldown } from './cooldown.js';
import type { LocalCircuit, SharedOpening } from './shared-circuits.js';
import { createPolicy } from './trip-policy.js';
import { EvidenceRing, isSelfInflicted } from './verdict.js';
import type { Evidence, FailureVerdict, IgnoredReason } from './verdict.js';

const REFUSED_WHILE_PROBING: Refused = Object.freeze({ admitted: false, state: 'half-open' });
const REFUSED_WHILE_ISOLATED: Refused = Object.freeze({ admitted: false, state: 'open' });

/**
 * The state machine of one circuit. Time is compared, never scheduled: an open circuit turns
 * half-open when the first call after the cooldown asks. Every transition begins a new generation,
 * and results of an older one are dropped. Where other instances share the circuit, they are its peers.
 */
export class CircuitMachine implements CallLedger, LocalCircuit {
  readonly classifier: HttpClassifier;
  readonly evidence: EvidenceRing;
  /** Admitted calls that have not settled. */
  inFlight = 0;
  lastReason: TransitionReason | undefined;
  /** The same for people, with the figures. */
  lastDetail = '';
  private generationNow = 0;
  private phaseNow: CircuitPhase;
  private readonly cooldown: Cooldown;
  private readonly peers: CircuitPeers | undefined;
  private told: ToldCalls | undefined = undefined;

  constructor(
    private readonly name: string,
    readonly options: ResolvedCircuitBreakerOptions,
    private readonly ports: CircuitPorts,
  ) {
    this.classifier = new HttpClassifier(options.clientErrors, options.classifier, ports.clock);
    this.evidence = new EvidenceRing(options.evidenceSize);
    this.cooldown = options.backoff
      ? new ExponentialCooldown(options.cooldownMs, options.backoff, ports.random)
      : new FixedCooldown(options.cooldownMs);
    this.phaseNow = this.closedPhase(false);
    const { shared, clock } = ports;
    if (shared !== undefined && options.shared !== false) {
      this.peers = new CircuitPeers(shared, name, this, options, clock);
    }
  }

  get generation(): number {
    return this.generationNow;
  }

  get phase(): CircuitPhase {
    return this.phaseNow;
  }

  /** What the next call would find, after elapsed time. Looking changes nothing. */
  get mode(): CircuitMode {
    const phase = this.phaseNow;
    return phase.kind === 'open' && this.elapsed() >= phase.cooldownMs ? 'half-open' : phase.kind;
  }

  /** Milliseconds since the present phase began. */
  elapsed(): number {
    return elapsedMs(this.ports.clock, this.phaseNow.since);
  }

  /** Name under which it is counted. */
  get family(): string {
    return this.ports.family ?? this.name;
  }

  /** Where calls that are admitted now report to. */
  get ledger(): CallLedger {
    return this.ports.calls.wanted ? this.toldCalls : this;
  }

  admit(): Admission {
    const admission = this.decide();
    if (!admission.admitted) this.refused(admission);
    return admission;
  }

  /** A call has been refused. */
  refused(refusal: Refused = REFUSED_WHILE_PROBING): void {
    if (this.ports.calls.wanted) this.toldCalls.refused(refusal);
  }

  private decide(): Admission {
    const phase = this.phaseNow;
    switch (phase.kind) {
      case 'closed':
        return phase.ramping
          ? this.admitOnRamp(phase)
          : this.admitted('closed', phase.policy.slowCallMs !== Infinity);
      case 'open': {
        // The difference of two readings, so that a clock set back cannot make it exceed the cooldown.
        const retryAfterMs = phase.cooldownMs - this.elapsed();
        return retryAfterMs > 0
          ? { admitted: false, state: 'open', retryAfterMs }
          : this.admitFirstProbe();
      }
      case 'half-open':
        return this.admitProbe(phase);
      case 'isolated':
        return REFUSED_WHILE_ISOLATED;
      case 'forced-closed':
        return this.admitted('closed', false);
    }
  }

  succeeded(call: AdmittedCall, durationMs: number | undefined): void {
    this.inFlight -= 1;
    if (call.generation !== this.generationNow) return;
    const phase = this.phaseNow;
    if (phase.kind === 'closed') this.count(phase, call, undefined, durationMs);
    else if (phase.kind === 'half-open') this.probeSucceeded(phase, call, durationMs);
  }

  failed(call: AdmittedCall, verdict: FailureVerdict, durationMs: number | undefined): void {
    if (isSelfInflicted(verdict, this.options.timeoutToleranceMs)) {
      this.ignored(call, 'self-inflicted', durationMs);
      return;
    }
    this.inFlight -= 1;
    if (call.generation !== this.generationNow) return;
    const phase = this.phaseNow;
    if (phase.kind === 'closed') this.count(phase, call, verdict, durationMs);
    else if (phase.kind === 'half-open') this.probeFailed(phase, call, verdict, durationMs);
    else this.note('failure', call, verdict.reason, durationMs);
  }

  ignored(call: AdmittedCall, reason: IgnoredReason, durationMs: number | undefined): void {
    this.inFlight -= 1;
    if (call.generation !== this.generationNow) return;
    const phase = this.phaseNow;
    // A probe that was replaced meanwhile has no place to give back.
    if (phase.kind === 'half-open' && !phase.leases.delete(call)) return;
    this.note('ignored', call, reason, durationMs);
    this.peers?.probeIgnored(call);
  }

  openedByAll({ forMs: cooldownMs, again, detail }: SharedOpening): void {
    const { kind } = this.phaseNow;
    if (kind === 'isolated' || kind === 'forced-closed') return;
    // Callers were told when to come back: what this circuit has opened by itself stays as it is.
    if (kind === 'open' && !again && !isOpenedByPeers(this.lastReason)) return;
    // Everybody counts the openings, whoever computes the next cooldown.
    this.cooldown.next(kind === 'closed' ? this.elapsed() : 0);
    const since = instantOf(this.ports.clock);
    const reason = again ? 'cluster-reopened' : 'cluster-opened';
    this.enter({ kind: 'open', since, cooldownMs }, reason, detail);
  }

  closedByAll(detail: string, reason: TransitionReason = 'cluster-closed'): void {
    const { kind } = this.phaseNow;
    if (kind !== 'open' && kind !== 'half-open') return;
    this.enter(this.closedPhase(true), reason, detail);
  }

  probeIsFree(): void {
    this.peers?.probeIsFree();
  }

  /** Takes no part any more in what the instances make of the circuit. */
  leave(): void {
    this.peers?.leave();
  }

  isolate(): void {
    if (this.phaseNow.kind === 'isolated') return;
    const since = instantOf(this.ports.clock);
    this.enter({ kind: 'isolated', since }, 'isolated', 'isolated by hand');
  }

  forceClosed(): void {
    if (this.phaseNow.kind === 'forced-closed') return;
    const since = instantOf(this.ports.clock);
    this.enter({ kind: 'forced-closed', since }, 'forced-closed', 'forced closed by hand');
  }

  release(): void {
    const { kind } = this.phaseNow;
    if (kind !== 'isolated' && kind !== 'forced-closed') return;
    this.enter(this.closedPhase(kind === 'isolated'), 'released', 'released by hand');
  }

  private admitted(state: 'closed' | 'half-open', timed: boolean): AdmittedCall {
    this.inFlight += 1;
    const { ledger } = this;
    const admittedAt = timed || ledger !== this ? this.ports.clock.monotonic() : undefined;
    return new AdmittedCall(ledger, state, this.generationNow, admittedAt);
  }

  private get toldCalls(): ToldCalls {
    const named = { circuit: this.name, family: this.family };
    return (this.told ??= new ToldCalls(this, named, this.options, this.ports));
  }

  private admitOnRamp(phase: ClosedPhase): Admission {
    const { rampMs } = this.options;
    const elapsed = this.elapsed();
    const share = rampShare(elapsed, rampMs);
    if (share >= 1) phase.ramping = false;
    else if (this.ports.random() >= share) {
      return { admitted: false, state: 'closed', retryAfterMs: rampMs - elapsed };
    }
    return this.admitted('closed', phase.policy.slowCallMs !== Infinity);
  }

  private admitFirstProbe(): Admission {
    const since = instantOf(this.ports.clock);
    const phase: HalfOpenPhase = { kind: 'half-open', since, leases: new Map(), successes: 0 };
    const from = this.begin(phase);
    // The place is taken before anybody hears of it: a listener that calls in must not take it first.
    const probe = this.admitProbe(phase);
    this.tell(from, 'cooldown-elapsed', 'the cooldown has elapsed');
    return probe;
  }

  private admitProbe(phase: HalfOpenPhase): Admission {
    if (this.peers?.areProbing || !takePlace(phase, this.options, this.ports.clock))
      return REFUSED_WHILE_PROBING;
    const probe = this.peers?.askToProbe() ?? this.admitted('half-open', true);
    phase.leases.set(probe, instantOf(this.ports.clock));
    return probe;
  }

  /** Counts a result of the present closed era; `failure` is what went wrong, if anything did. */
  private count(
    phase: ClosedPhase,
    call: AdmittedCall,
    failure: FailureVerdict | undefined,
    durationMs: number | undefined,
  ): void {
    const { slowCallMs } = phase.policy;
    const slow = (this.durationOf(call, durationMs) ?? 0) >= slowCallMs;
    if (failure) this.note('failure', call, failure.reason, durationMs);
    else if (slow) this.note('slow', call, undefined, durationMs);
    if (phase.policy.record(failure !== undefined, slow) && !this.peers?.decide) {
      this.open('threshold-reached', phase.policy.describe(), this.elapsed(), failure);
    }
    this.peers?.counted(failure !== undefined);
  }

  private probeSucceeded(
    phase: HalfOpenPhase,
    probe: AdmittedCall,
    durationMs: number | undefined,
  ): void {
    if (!this.endLease(phase, probe)) return;
    this.note('probe-success', probe, undefined, durationMs);
    phase.successes += 1;
    const { successesToClose } = this.options;
    if (phase.successes < successesToClose) return;
    const detail = `${phase.successes} of ${successesToClose} probes succeeded`;
    this.enter(this.closedPhase(true), 'probe-succeeded', detail);
    this.peers?.probeSucceeded();
  }

  private probeFailed(
    phase: HalfOpenPhase,
    probe: AdmittedCall,
    verdict: FailureVerdict,
    durationMs: number | undefined,
  ): void {
    if (!this.endLease(phase, probe)) return;
    this.note('failure', probe, verdict.reason, durationMs);
    this.open('probe-failed', `the probe failed: ${verdict.reason}`, 0, verdict);
    this.peers?.probeFailed();
  }

  /** @returns whether the verdict of the probe counts: nobody has probed in its place */
  private endLease(phase: HalfOpenPhase, probe: AdmittedCall): boolean {
    return !this.peers?.dropLost(phase, probe) && phase.leases.delete(probe);
  }

  private closedPhase(recovering: boolean): ClosedPhase {
    const { clock } = this.ports;
    return {
      kind: 'closed',
      since: instantOf(clock),
      policy: createPolicy(this.options.policy, clock),
      ramping: recovering && this.options.rampMs > 0,
    };
  }

  private open(
    reason: TransitionReason,
    detail: string,
    healthyMs: number,
    failure: FailureVerdict | undefined,
  ): void {
    const wanted = Math.min(failure?.retryAfterMs ?? 0, this.options.maxRetryAfterMs);
    const cooldownMs = Math.max(this.cooldown.next(healthyMs), wanted);
    this.enter({ kind: 'open', since: instantOf(this.ports.clock), cooldownMs }, reason, detail);
  }

  private enter(phase: CircuitPhase, reason: TransitionReason, detail: string): void {
    this.tell(this.begin(phase), reason, detail);
  }

  /** Begins a phase and with it a generation. @returns what the circuit was doing before */
  private begin(phase: CircuitPhase): CircuitMode {
    const from = this.phaseNow.kind;
    this.phaseNow = phase;
    this.generationNow += 1;
    return from;
  }

  private tell(from: CircuitMode, reason: TransitionReason, detail: string): void {
    this.lastReason = reason;
    this.lastDetail = detail;
    const { name: circuit, family, phaseNow, generationNow: generation } = this;
    tellTransition(this.ports.transitions, () => ({
      ...{ circuit, family, from, to: phaseNow.kind, reason, detail, generation },
      at: phaseNow.since.wall,
    }));
  }

  private note(
    outcome: Evidence['outcome'],
    call: AdmittedCall,
    reason: Evidence['reason'],
    durationMs: number | undefined,
  ): void {
    const at = this.ports.clock.wall();
    this.evidence.add({ at, outcome, reason, durationMs: this.durationOf(call, durationMs) });
  }

  private durationOf({ admittedAt }: AdmittedCall, told?: number): number | undefined {
    const isKnown = told !== undefined || admittedAt === undefined;
    return isKnown ? told : Math.max(0, this.ports.clock.monotonic() - admittedAt);
  }
}
