export type { Admission, Admitted, Refused, Settle } from './admission.js';
export { CircuitBreaker } from './circuit-breaker.js';
export type { ExecuteOptions } from './circuit-breaker.js';
export type { CircuitBreakerOptions } from './circuit-breaker-options.interface.js';
export type { CircuitDescription } from './circuit-description.js';
export { CIRCUIT_OPEN_CODE, CircuitOpenError } from './circuit-open-error.js';
export type { CircuitPorts } from './circuit-ports.js';
export { CircuitRegistry } from './circuit-registry.js';
export type { CircuitRegistryOptions } from './circuit-registry.js';
export type { CircuitMode, CircuitState } from './circuit-state.js';
export type { CircuitTransition, TransitionReason, TransitionSink } from './circuit-transition.js';
export type { ClassifierRules, ClientErrors } from './classifier.js';
export type { BackoffOptions } from './cooldown.js';
export type { Evidence } from './evidence-ring.js';
export type {
  ConsecutivePolicyOptions,
  CountWindowPolicyOptions,
  PolicyOptions,
  TimeWindowPolicyOptions,
  WindowRates,
} from './policies/policy-options.js';
export { replay } from './replay.js';
export type { ReplayReport, TracedCall } from './replay.js';
export { retryAfterSeconds } from './retry-after.js';
export type { ShadowReport } from './shadow-circuit.js';
export type {
  LocalCircuit,
  ProbePermit,
  SharedCircuit,
  SharedCircuits,
  SharedOpening,
  SharedTerms,
} from './shared-circuits.js';
export type {
  FailureReason,
  FailureVerdict,
  IgnoredReason,
  IgnoredVerdict,
  SuccessVerdict,
  Verdict,
} from './verdict.js';
export type { ObservableLike } from './unfinished.js';
