import { Injectable, Logger } from '@nestjs/common';
import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { CircuitBreakerService } from './circuit-breaker.service.js';
import type { CircuitTransition } from './kernel/index.js';

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
    const line = `circuit "${circuit}": ${from} → ${to}, ${reason} (${detail})`;
    if (to === 'open' || to === 'isolated') this.logger.warn(line);
    else this.logger.log(line);
  }
}
