import { Injectable, Logger } from '@nestjs/common';
import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { LogEvent } from '../ground/index.js';
import { CircuitBreakerService } from './circuit-breaker.service.js';
import type { CircuitMode, CircuitTransition } from './kernel/index.js';

/** What a line is called, by the state that a circuit has gone to. */
const EVENTS: Readonly<Record<CircuitMode, string>> = {
  open: 'circuit.opened',
  'half-open': 'circuit.half-open',
  closed: 'circuit.closed',
  isolated: 'circuit.isolated',
  'forced-closed': 'circuit.forced-closed',
};

/** One log line per transition: a warning for a circuit that opens. */
@Injectable()
export class CircuitTransitionLogger implements OnModuleInit, OnApplicationShutdown {
  protected readonly logger = new Logger('CircuitBreaker');
  private stop: (() => void) | undefined;

  constructor(private readonly circuits: CircuitBreakerService) {}

  onModuleInit(): void {
    // What a test put in the service's place may tell of no transitions.
    const circuits: Partial<CircuitBreakerService> = this.circuits;
    this.stop = circuits.onTransition?.((transition) => this.write(transition));
  }

  onApplicationShutdown(): void {
    this.stop?.();
  }

  protected write({ circuit, from, to, reason, detail }: CircuitTransition): void {
    const words = `circuit "${circuit}": ${from} → ${to}, ${reason} (${detail})`;
    const line = new LogEvent(EVENTS[to], words, { circuit, from, to, reason, detail });
    if (to === 'open' || to === 'isolated') this.logger.warn(line);
    else this.logger.log(line);
  }
}
