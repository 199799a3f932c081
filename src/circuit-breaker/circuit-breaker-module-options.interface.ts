import type { Clock } from '../clock/index.js';
import { OptionReader, aClock } from '../ground/index.js';
import type { CircuitRegistryOptions } from './kernel/index.js';
import { CIRCUIT_REGISTRY_OPTIONS } from './kernel/circuit-registry.js';

/**
 * Options of `CircuitBreakerModule.forRoot`: the settings of every circuit, and of some by name.
 * @example { cooldownMs: 5_000, circuits: { payments: { cooldownMs: 30_000 } } }
 */
export interface CircuitBreakerModuleOptions extends CircuitRegistryOptions {
  /** Where circuits read time. @default the clock of the process */
  readonly clock?: Clock | undefined;
}

/** What has to implement a class given as `useClass` or `useExisting`. */
export interface CircuitBreakerOptionsFactory {
  createCircuitBreakerOptions(): CircuitBreakerModuleOptions | Promise<CircuitBreakerModuleOptions>;
}

export const CIRCUIT_BREAKER_MODULE_OPTIONS = new OptionReader<CircuitBreakerModuleOptions>({
  ...CIRCUIT_REGISTRY_OPTIONS.rules,
  clock: aClock,
});
