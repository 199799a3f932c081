import { moduleBuilder } from '../module-options/index.js';
import { APP_FILTER } from '@nestjs/core';
import { OptionReader, aClock, text } from '../ground/index.js';
import type { Clock } from '../ground/index.js';
import { CircuitOpenExceptionFilter } from './circuit-breaker.filter.js';
import { CIRCUIT_OPTIONS } from './kernel/circuit-options.js';
import { CIRCUIT_REGISTRY_OPTIONS } from './kernel/circuit-registry.js';
import type { CircuitBreakerOptions, CircuitRegistryOptions } from './kernel/index.js';

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

/** A circuit that a module declares for itself: its name, or its name and how it behaves. */
export type CircuitFeature = string | NamedCircuitOptions;

type NamedCircuitOptions = CircuitBreakerOptions & { readonly name: string };

export const NAMED_CIRCUIT_OPTIONS = new OptionReader<NamedCircuitOptions>({
  ...CIRCUIT_OPTIONS.rules,
  name: text,
});

/** What is said about the module itself. */
export interface CircuitBreakerModuleExtras {
  /**
   * Whether every module can inject what this one exports. `forFeature` and `@UseCircuitBreaker` rely
   * on it.
   * @default true
   */
  isGlobal?: boolean;
  /**
   * Whether `CircuitOpenExceptionFilter` answers refusals in the whole application, those of injected
   * circuits too: over HTTP by 503 with `Retry-After`.
   * @default true
   */
  answerRefusals?: boolean;
}

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  moduleBuilder<CircuitBreakerModuleOptions, 'createCircuitBreakerOptions'>('CircuitBreakerModule')
    .setExtras<CircuitBreakerModuleExtras>(
      { isGlobal: true, answerRefusals: true },
      (definition, { isGlobal, answerRefusals }) => ({
        ...definition,
        global: isGlobal,
        providers: [
          ...(definition.providers ?? []),
          ...(answerRefusals
            ? [{ provide: APP_FILTER, useClass: CircuitOpenExceptionFilter }]
            : []),
        ],
      }),
    )
    .build();
