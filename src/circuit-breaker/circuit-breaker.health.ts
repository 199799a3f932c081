import { Injectable } from '@nestjs/common';
import type { HealthIndicatorResult } from '@nestjs/terminus';
import { CircuitBreakerService } from './circuit-breaker.service.js';
import type { CircuitState } from './kernel/index.js';

/** State of each circuit, elapsed time applied: those by name, and those by key that are not closed. */
export type CircuitStates = Readonly<Record<string, CircuitState>>;

type CircuitHealth<Key extends string> = HealthIndicatorResult<
  Key,
  'up',
  { states: CircuitStates }
>;

/**
 * Reports circuits to @nestjs/terminus, and is always `up`: an open circuit is the service doing its
 * work, and no reason to take it out of a load balancer.
 */
@Injectable()
export class CircuitBreakerHealthIndicator {
  constructor(private readonly circuits: CircuitBreakerService) {}

  /** @param key name of the indicator in the report */
  check<Key extends string = 'circuits'>(key: Key = 'circuits' as Key): CircuitHealth<Key> {
    const keyed = this.circuits.allKeyed().filter(({ state }) => state !== 'closed');
    const reported = [...this.circuits.all(), ...keyed];
    const states = Object.fromEntries(reported.map(({ name, state }) => [name, state]));
    return { [key]: { status: 'up', states } } as CircuitHealth<Key>;
  }
}
