import { channel } from 'node:diagnostics_channel';
import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import { systemClock } from '../ground/index.js';
import type { Clock } from '../ground/index.js';
import { demandImported } from '../module-options/index.js';
import { CIRCUIT_BREAKER_MODULE_OPTIONS, MODULE_OPTIONS_TOKEN } from './circuit-breaker.options.js';
import type { CircuitBreakerModuleOptions } from './circuit-breaker.options.js';
import { CIRCUIT_TRANSITION_CHANNEL, SHARED_CIRCUITS } from './circuit-breaker.tokens.js';
import { CircuitRegistry } from './kernel/index.js';
import type {
  CircuitBreaker,
  CircuitBreakerOptions,
  CircuitDescription,
  CircuitTransition,
  SharedCircuits,
  TransitionSink,
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

const transitionChannel = channel(CIRCUIT_TRANSITION_CHANNEL);

/** Passes transitions on to listeners within the application and to the diagnostics channel. */
class CircuitTransitions implements TransitionSink {
  private readonly listeners = new Set<TransitionListener>();
  private readonly logger = new Logger('CircuitBreaker');

  get wanted(): boolean {
    return this.listeners.size > 0 || transitionChannel.hasSubscribers;
  }

  publish(transition: CircuitTransition): void {
    for (const listener of this.listeners) this.tell(listener, transition);
    if (transitionChannel.hasSubscribers) transitionChannel.publish(transition);
  }

  /** @returns what ends the listening */
  listen(listener: TransitionListener): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  /** A listener that throws is a bug to be seen, and nobody else's business. */
  private tell(listener: TransitionListener, transition: CircuitTransition): void {
    try {
      listener(transition);
    } catch (error) {
      this.logger.error(error instanceof Error ? error : String(error));
    }
  }
}
