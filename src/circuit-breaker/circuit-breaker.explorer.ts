import { Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { CIRCUIT_TARGET_METADATA } from './circuit-breaker.constants.js';
import { CircuitBreakerService } from './circuit-breaker.service.js';
import type { CircuitTarget } from './circuit-target.interface.js';

/**
 * Declares the circuits of all `@UseCircuitBreaker()` while the application starts: options that
 * cannot work stop the start, and health knows every circuit before the first request.
 */
@Injectable()
export class CircuitBreakerExplorer implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
    private readonly circuits: CircuitBreakerService,
  ) {}

  onModuleInit(): void {
    const unkeyed: string[] = [];
    for (const { name, per, ...options } of this.targets()) {
      if (Object.keys(options).length > 0) this.circuits.declare(name, options);
      if (per === undefined) unkeyed.push(name);
    }
    for (const name of unkeyed) this.circuits.circuit(name);
  }

  private targets(): CircuitTarget[] {
    const found = new Set<CircuitTarget>();
    for (const decorated of this.decoratable()) {
      const target = this.reflector.get<CircuitTarget | undefined>(
        CIRCUIT_TARGET_METADATA,
        decorated,
      );
      if (target !== undefined) found.add(target);
    }
    return [...found];
  }

  /** Every class that Nest holds, and every method of it. */
  private *decoratable(): Iterable<() => unknown> {
    for (const { metatype } of [
      ...this.discovery.getControllers(),
      ...this.discovery.getProviders(),
    ]) {
      const prototype = metatype?.prototype as Record<string, () => unknown> | undefined;
      if (prototype === undefined) continue;
      yield metatype as () => unknown;
      for (const name of this.scanner.getAllMethodNames(prototype)) {
        const method = prototype[name];
        if (method !== undefined) yield method;
      }
    }
  }
}
