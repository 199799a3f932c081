export type { Admission, Admitted, Refused, Settle } from './admission.js';
export type { CallSink, CircuitCallEvent } from './circuit-calls.js';
export { CircuitBreaker } from './circuit-breaker.js';
export type { ExecuteOptions } from './circuit-breaker.js';
export type { CircuitDescription } from './circuit-description.js';
export type { CircuitFacts } from './circuit-words.js';
export { CIRCUIT_OPEN_CODE, CircuitOpenError } from './circuit-open.error.js';
export type { CircuitBreakerOptions, CircuitPorts } from './circuit-options.js';
export { CircuitRegistry } from './circuit-registry.js';
export type { CircuitRegistryOptions } from './circuit-registry.js';
export type {
  CircuitMode,
  CircuitState,
  CircuitTransition,
  TransitionReason,
  TransitionSink,
} from './circuit-state.js';
export type { ClassifierRules, ClientErrors } from './classifier.js';
export type { BackoffOptions } from './cooldown.js';
export { retryAfterSeconds } from './http-signals.js';
export type {
  ConsecutivePolicyOptions,
  CountWindowPolicyOptions,
  PolicyOptions,
  TimeWindowPolicyOptions,
  WindowRates,
} from './policy-options.js';
export { replay } from './replay.js';
export type { ReplayReport, TracedCall } from './replay.js';
export type { ShadowReport } from './shadow-circuit.js';
export type {
  LocalCircuit,
  ProbePermit,
  SharedCircuit,
  SharedCircuits,
  SharedOpening,
  SharedTerms,
} from './shared-circuits.js';
export type { ObservableLike } from './streams-and-observables.js';
export type {
  Evidence,
  FailureReason,
  FailureVerdict,
  IgnoredReason,
  IgnoredVerdict,
  SuccessVerdict,
  Verdict,
} from './verdict.js';
