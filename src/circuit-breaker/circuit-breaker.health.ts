import { Injectable } from '@nestjs/common';
import type { HealthResult } from '../ground/index.js';
import { CircuitBreakerService } from './circuit-breaker.service.js';
import { isOpenedByPeers } from './kernel/circuit-state.js';
import type { CircuitState } from './kernel/index.js';

/** State of each circuit, elapsed time applied: those by name, and those by key that are not closed. */
export type CircuitStates = Readonly<Record<string, CircuitState>>;

/** What health says of circuits. */
interface CircuitReport {
  readonly states: CircuitStates;
  /** Circuits that the other instances of a cluster opened; left out where there are none. */
  readonly openedByCluster?: readonly string[];
}

type CircuitHealth<Key extends string> = HealthResult<Key, 'up', CircuitReport>;

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
    const openedByCluster = reported
      .filter(({ lastReason }) => isOpenedByPeers(lastReason))
      .map(({ name }) => name);
    const report = { states, ...(openedByCluster.length > 0 && { openedByCluster }) };
    return { [key]: { status: 'up', ...report } } as CircuitHealth<Key>;
  }

  /**
   * The states of declared circuits alone, for whoever may ask: names of circuits by key can come from
   * requests.
   *
   * @param key name of the indicator in the report @default 'circuits'
   */
  brief<Key extends string = 'circuits'>(key: Key = 'circuits' as Key): CircuitHealth<Key> {
    const states = Object.fromEntries(this.circuits.all().map(({ name, state }) => [name, state]));
    return { [key]: { status: 'up', states } } as CircuitHealth<Key>;
  }
}
