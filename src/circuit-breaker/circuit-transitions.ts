import { channel } from 'node:diagnostics_channel';
import { Logger } from '@nestjs/common';
import { CIRCUIT_TRANSITION_CHANNEL } from './circuit-breaker.constants.js';
import type { CircuitTransition, TransitionSink } from './kernel/index.js';

/** Is told each transition, after the state has changed. */
export type TransitionListener = (transition: CircuitTransition) => void;

const transitionChannel = channel(CIRCUIT_TRANSITION_CHANNEL);

/** Passes transitions on to listeners within the application and to the diagnostics channel. */
export class CircuitTransitions implements TransitionSink {
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
