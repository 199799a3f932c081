import type { OptionsUnderTest } from '../../ground/testing/options-under-test.js';
import { CircuitBreakerModule } from '../circuit-breaker.module.js';
import {
  CIRCUIT_BREAKER_MODULE_OPTIONS,
  NAMED_CIRCUIT_OPTIONS,
} from '../circuit-breaker.options.js';
import { CircuitBreakerService } from '../circuit-breaker.service.js';
import { CIRCUIT_TARGET } from '../circuit-target.js';
import { CircuitBreaker, EXECUTE_OPTIONS } from '../kernel/circuit-breaker.js';
import { CIRCUIT_REGISTRY_OPTIONS, CircuitRegistry } from '../kernel/circuit-registry.js';
import {
  CONSECUTIVE_POLICY,
  COUNT_WINDOW_POLICY,
  TIME_WINDOW_POLICY,
} from '../kernel/policy-options.js';
import { CIRCUIT_BACKOFF, CIRCUIT_OPTIONS, SHADOW_OPTIONS } from '../kernel/circuit-options.js';
import { UseCircuitBreaker } from '../use-circuit-breaker.decorator.js';

const policy = (options: object) => new CircuitBreaker('x', { policy: options as never });

/** The options of circuit breaking. */
export const CIRCUIT_OPTIONS_UNDER_TEST: readonly OptionsUnderTest[] = [
  {
    name: 'CIRCUIT_OPTIONS',
    reader: CIRCUIT_OPTIONS,
    give: (options) => new CircuitBreaker('x', options),
  },
  {
    name: 'SHADOW_OPTIONS',
    reader: SHADOW_OPTIONS,
    give: (shadow) => new CircuitBreaker('x', { shadow }),
  },
  {
    name: 'CONSECUTIVE_POLICY',
    reader: CONSECUTIVE_POLICY,
    needed: { kind: 'consecutive' },
    give: policy,
  },
  {
    name: 'COUNT_WINDOW_POLICY',
    reader: COUNT_WINDOW_POLICY,
    needed: { kind: 'count-window', slowCallMs: 5 },
    give: policy,
  },
  {
    name: 'TIME_WINDOW_POLICY',
    reader: TIME_WINDOW_POLICY,
    needed: { kind: 'time-window', slowCallMs: 5 },
    give: policy,
  },
  {
    name: 'CIRCUIT_BACKOFF',
    reader: CIRCUIT_BACKOFF,
    needed: { maxMs: 60_000 },
    give: (backoff) => new CircuitBreaker('x', { backoff: backoff as never }),
  },
  {
    name: 'CIRCUIT_REGISTRY_OPTIONS',
    reader: CIRCUIT_REGISTRY_OPTIONS,
    give: (options) => new CircuitRegistry(options),
  },
  {
    name: 'CIRCUIT_BREAKER_MODULE_OPTIONS',
    reader: CIRCUIT_BREAKER_MODULE_OPTIONS,
    give: (options) => new CircuitBreakerService(options),
  },
  {
    name: 'NAMED_CIRCUIT_OPTIONS',
    reader: NAMED_CIRCUIT_OPTIONS,
    needed: { name: 'payments' },
    give: (options) => CircuitBreakerModule.forFeature([options as never]),
  },
  {
    name: 'CIRCUIT_TARGET',
    reader: CIRCUIT_TARGET,
    needed: { name: 'payments' },
    give: (options) => UseCircuitBreaker(options as never),
  },
  {
    name: 'EXECUTE_OPTIONS',
    reader: EXECUTE_OPTIONS,
    give: (options) => new CircuitBreaker('x').execute(() => 'value', options),
  },
];
