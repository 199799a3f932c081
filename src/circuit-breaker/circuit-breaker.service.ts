import { channel } from 'node:diagnostics_channel';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { systemClock } from '../ground/index.js';
import type { Clock } from '../ground/index.js';
import { EventHub, demandImported } from '../module-options/index.js';
import { CIRCUIT_BREAKER_MODULE_OPTIONS, MODULE_OPTIONS_TOKEN } from './circuit-breaker.options.js';
import type { CircuitBreakerModuleOptions } from './circuit-breaker.options.js';
import {
  CIRCUIT_CALL_CHANNEL,
  CIRCUIT_TRANSITION_CHANNEL,
  SHARED_CIRCUITS,
} from './circuit-breaker.tokens.js';
import { CircuitRegistry } from './kernel/index.js';
import type {
  CircuitBreaker,
  CircuitBreakerOptions,
  CircuitCallEvent,
  CircuitDescription,
  CircuitRegistryOptions,
  CircuitTransition,
  SharedCircuits,
} from './kernel/index.js';

/** What the options are called in errors. */
const PATH = 'circuitBreaker';

/** The circuits of the application. */
@Injectable()
export class CircuitBreakerService {
  /** Where the circuits read time. */
  readonly clock: Clock;
  private readonly options: CircuitRegistryOptions;
  private readonly transitions = new EventHub<CircuitTransition>(
    channel(CIRCUIT_TRANSITION_CHANNEL),
    'CircuitBreaker',
  );
  private readonly calls = new EventHub<CircuitCallEvent>(
    channel(CIRCUIT_CALL_CHANNEL),
    'CircuitBreaker',
  );
  private readonly registry: CircuitRegistry;

  /** @throws InvalidOptionError for an option that cannot work */
  constructor(
    @Inject(MODULE_OPTIONS_TOKEN) options: CircuitBreakerModuleOptions,
    @Optional() @Inject(SHARED_CIRCUITS) shared?: SharedCircuits,
  ) {
    CIRCUIT_BREAKER_MODULE_OPTIONS.check(options, PATH);
    const { clock = systemClock, ...circuits } = options;
    this.clock = clock;
    this.options = circuits;
    const ports = { clock, transitions: this.transitions, calls: this.calls, shared };
    this.registry = new CircuitRegistry(circuits, ports, PATH);
  }

  /**
   * Says how the circuit `name` behaves where the options of the module say nothing else.
   * @throws InvalidOptionError if it cannot work, was declared otherwise, or is in use already
   */
  declare(name: string, options: CircuitBreakerOptions): void {
    this.registry.declare(name, options);
  }

  /**
   * Says anew how the circuit `name` behaves, for what is configured anew while the application runs. Where
   * that is something else it is made anew: closed, with nothing counted, but for what was done by hand.
   * @throws InvalidOptionError if it cannot work; then nothing has changed
   */
  redeclare(name: string, options: CircuitBreakerOptions): void {
    this.registry.redeclare(name, options);
  }

  /** Takes back what was declared of the circuit `name`, and the circuit itself. */
  withdraw(name: string): void {
    this.registry.withdraw(name);
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

  /**
   * @internal Circuits with the same settings and clock, of this process alone and of which nobody hears: to
   * find out what circuits would do.
   */
  shadow(): CircuitRegistry {
    return new CircuitRegistry(this.options, { clock: this.clock }, PATH);
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

  /**
   * Tells `listener` of each call that a circuit has refused, and how each admitted one has ended. Calls
   * that were admitted before are not told of.
   * @returns what ends the listening
   */
  onCall(listener: (event: CircuitCallEvent) => void): () => void {
    return this.calls.listen(listener);
  }
}

/**
 * The service that was `found`.
 * @param who names what asks for it
 * @throws Error that says what to import, where the module is not there
 */
export function demandCircuits(
  found: CircuitBreakerService | undefined,
  who: string,
): CircuitBreakerService {
  return demandImported(found, who, 'CircuitBreakerService', 'CircuitBreakerModule.forRoot()');
}

/** Is told each transition, after the state has changed. */
export type TransitionListener = (transition: CircuitTransition) => void;
