import { Module } from '@nestjs/common';
import type { DynamicModule, FactoryProvider } from '@nestjs/common';
import { DiscoveryModule, ModulesContainer } from '@nestjs/core';
import { checkNamed } from '../ground/index.js';
import {
  OBSERVED,
  checkedAsync,
  demandList,
  demandOptions,
  refuseBareImport,
  refuseSecondImport,
} from '../module-options/index.js';
import { CircuitBreakerExplorer } from './circuit-breaker.explorer.js';
import { CircuitBreakerHealthIndicator } from './circuit-breaker.health.js';
import { ConfigurableModuleClass, NAMED_CIRCUIT_OPTIONS } from './circuit-breaker.options.js';
import type {
  ASYNC_OPTIONS_TYPE,
  CircuitFeature,
  OPTIONS_TYPE,
} from './circuit-breaker.options.js';
import { CircuitBreakerService, demandCircuits } from './circuit-breaker.service.js';
import { getCircuitBreakerToken } from './circuit-breaker.tokens.js';
import { CircuitTransitionLogger } from './circuit-transition.logger.js';
import type { CircuitBreaker } from './kernel/index.js';

/** Carries the circuits that `CircuitBreakerModule.forFeature` provides. */
@Module({})
export class CircuitBreakerFeatureModule {}

/**
 * Circuit breaking for the application: `forRoot` or `forRootAsync` once, `forFeature` wherever
 * circuits are injected.
 */
@Module({
  imports: [DiscoveryModule],
  providers: [
    refuseBareImport('CircuitBreakerModule'),
    CircuitBreakerService,
    CircuitBreakerHealthIndicator,
    CircuitBreakerExplorer,
    CircuitTransitionLogger,
    { provide: OBSERVED.circuits, useExisting: CircuitBreakerService },
  ],
  exports: [CircuitBreakerService, CircuitBreakerHealthIndicator],
})
export class CircuitBreakerModule extends ConfigurableModuleClass {
  /** @throws Error if the module is imported more than once: circuits are shared within one only */
  constructor(modules: ModulesContainer) {
    super();
    refuseSecondImport(modules, CircuitBreakerModule);
  }

  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    return super.forRoot(demandOptions(options, 'CircuitBreakerModule.forRoot()'));
  }

  /** {@link forRoot} with options from `useFactory`, `useClass` or `useExisting`. */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return checkedAsync('CircuitBreakerModule', options, (given) => super.forRootAsync(given));
  }

  /** Provides circuits to `@InjectCircuitBreaker(name)`. */
  static forFeature(features: readonly CircuitFeature[]): DynamicModule {
    const providers = demandList(features, 'CircuitBreakerModule.forFeature()', "'payments'").map(
      circuitProvider,
    );
    return { module: CircuitBreakerFeatureModule, providers, exports: providers };
  }
}

function circuitProvider(feature: CircuitFeature): FactoryProvider<CircuitBreaker> {
  checkNamed(NAMED_CIRCUIT_OPTIONS, feature, 'circuits');
  const { name, ...options } = typeof feature === 'string' ? { name: feature } : feature;
  return {
    provide: getCircuitBreakerToken(name),
    inject: [{ token: CircuitBreakerService, optional: true }],
    useFactory: (found?: CircuitBreakerService) => {
      const who = `CircuitBreakerModule.forFeature() declares "${name}"`;
      const circuits = demandCircuits(found, who);
      // What a test put in the service's place has what the test needs of it.
      const { declare, circuit } = circuits as Partial<CircuitBreakerService>;
      if (Object.keys(options).length > 0) declare?.call(circuits, name, options);
      return circuit?.call(circuits, name) as CircuitBreaker;
    },
  };
}
