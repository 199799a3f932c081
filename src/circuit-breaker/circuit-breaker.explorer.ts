import { Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { copyMetadata } from '../module-options/index.js';
import { CircuitBreakerService } from './circuit-breaker.service.js';
import { CIRCUIT_TARGET_METADATA } from './circuit-target.js';
import type { CircuitTarget } from './circuit-target.js';
import { protectFromOutside } from './direct-call.js';
import type { Method } from './direct-call.js';

/** Methods that Nest calls. */
const LIFECYCLE = new Set([
  ...['onModuleInit', 'onApplicationBootstrap', 'onModuleDestroy'],
  ...['beforeApplicationShutdown', 'onApplicationShutdown'],
]);

/** Whether Nest calls the methods of a provider as handlers: it is a gateway or a resolver. */
function isHandler(metatype: object): boolean {
  return Reflect.getMetadataKeys(metatype).some(
    (key) => typeof key === 'string' && /^(?:websockets|graphql):/.test(key),
  );
}

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
    this.protectProviders();
    // What a test put in the service's place has no circuits to declare.
    if (!(this.circuits instanceof CircuitBreakerService)) return;
    const unkeyed: string[] = [];
    for (const { name, per, ...options } of this.targets()) {
      if (Object.keys(options).length > 0) this.circuits.declare(name, options);
      if (per === undefined) unkeyed.push(name);
    }
    for (const name of unkeyed) this.circuits.circuit(name);
  }

  /** Of providers that are decorated as a whole, every method; handlers are left to the interceptor. */
  private protectProviders(): void {
    for (const { metatype } of this.discovery.getProviders()) {
      const target = metatype && this.targetOf(metatype);
      if (!target || isHandler(metatype)) continue;
      const prototype = metatype.prototype as Record<string, Method>;
      for (const name of this.scanner.getAllMethodNames(prototype)) {
        const method = prototype[name];
        if (method === undefined || LIFECYCLE.has(name) || this.targetOf(method)) continue;
        // There for methods that carry a decorator of any kind.
        const declared: unknown = Reflect.getMetadata('design:returntype', prototype, name);
        const guarded = protectFromOutside(method, target, declared);
        copyMetadata(method, guarded);
        // For the next application of the process, which finds it protected already.
        Reflect.defineMetadata(CIRCUIT_TARGET_METADATA, target, guarded);
        Object.defineProperty(prototype, name, {
          value: guarded,
          configurable: true,
          writable: true,
        });
      }
    }
  }

  private targetOf(decorated: object): CircuitTarget | undefined {
    return this.reflector.get<CircuitTarget | undefined>(
      CIRCUIT_TARGET_METADATA,
      decorated as never,
    );
  }

  private targets(): CircuitTarget[] {
    const found = new Set<CircuitTarget>();
    for (const decorated of this.decoratable()) {
      const target = this.targetOf(decorated);
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
