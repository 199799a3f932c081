import { Inject, Injectable, Optional } from '@nestjs/common';
import { systemClock } from '../clock/index.js';
import type { Clock } from '../clock/index.js';
import { CIRCUIT_BREAKER_MODULE_OPTIONS } from './circuit-breaker-module-options.interface.js';
import type { CircuitBreakerModuleOptions } from './circuit-breaker-module-options.interface.js';
import { SHARED_CIRCUITS } from './circuit-breaker.constants.js';
import { MODULE_OPTIONS_TOKEN } from './circuit-breaker.module-definition.js';
import { CircuitTransitions } from './circuit-transitions.js';
import type { TransitionListener } from './circuit-transitions.js';
import { CircuitRegistry } from './kernel/index.js';
import type {
  CircuitBreaker,
  CircuitBreakerOptions,
  CircuitDescription,
  SharedCircuits,
} from './kernel/index.js';

/** What the options are called in errors. */
const PATH = 'circuitBreaker';

/** The circuits of the application. */
@Injectable()
export class CircuitBreakerService {
  /** Where the circuits read time. */
  readonly clock: Clock;
  private readonly transitions = new CircuitTransitions();
  private readonly registry: CircuitRegistry;

  /** @throws InvalidOptionError for an option that cannot work */
  constructor(
    @Inject(MODULE_OPTIONS_TOKEN) options: CircuitBreakerModuleOptions,
    @Optional() @Inject(SHARED_CIRCUITS) shared?: SharedCircuits,
  ) {
    CIRCUIT_BREAKER_MODULE_OPTIONS.check(options, PATH);
    const { clock = systemClock, ...circuits } = options;
    this.clock = clock;
    const ports = { clock, transitions: this.transitions, shared };
    this.registry = new CircuitRegistry(circuits, ports, PATH);
  }

  /**
   * Says how the circuit `name` behaves where the options of the module say nothing else.
   * @throws InvalidOptionError if it cannot work, was declared otherwise, or is in use already
   */
  declare(name: string, options: CircuitBreakerOptions): void {
    this.registry.declare(name, options);
  }

  /** The circuit `name`, made when it is asked for first. */
  circuit(name: string): CircuitBreaker {
    return this.registry.circuit(name);
  }

  /**
   * The circuit `name` for `key` alone, so that one tenant's failures do not open it for another.
   * Ask anew for each call: circuits that are idle make room for others.
   */
  keyed(name: string, key: string): CircuitBreaker {
    return this.registry.keyed(name, key);
  }

  /** The circuits by name. */
  all(): CircuitBreaker[] {
    return this.registry.all();
  }

  /** The circuits by name and key that are held at present. */
  allKeyed(): CircuitBreaker[] {
    return this.registry.allKeyed();
  }

  /** What each circuit is doing and why, those by name first. */
  describe(): CircuitDescription[] {
    return [...this.all(), ...this.allKeyed()].map((circuit) => circuit.describe());
  }

  /**
   * Tells `listener` each transition of each circuit, after the state has changed.
   * @returns what ends the listening
   */
  onTransition(listener: TransitionListener): () => void {
    return this.transitions.listen(listener);
  }
}
