import { Inject, SetMetadata, UseFilters, UseInterceptors, applyDecorators } from '@nestjs/common';
import { GUARDS_METADATA } from '@nestjs/common/constants.js';
import { checkNamed } from '../ground/index.js';
import { copyMetadata, refuseGenerator } from '../module-options/index.js';
import { CircuitOpenExceptionFilter } from './circuit-breaker.filter.js';
import { CircuitBreakerService } from './circuit-breaker.service.js';
import { CircuitStateGuard } from './circuit-state.guard.js';
import { CircuitStateInterceptor } from './circuit-state.interceptor.js';
import { CIRCUIT_TARGET, CIRCUIT_TARGET_METADATA } from './circuit-target.js';
import type { CircuitTarget } from './circuit-target.js';
import { CIRCUITS, protectDirectCalls } from './direct-call.js';
import type { Method } from './direct-call.js';
import { tellWhenReached } from './handler-call.js';

/**
 * Protects a handler or a method of a provider, or every one of a class, by a circuit; on a method it
 * wins over the class. Requests that a circuit refuses are answered with 503, and every answer tells its
 * state; who calls a method directly gets `CircuitOpenError`, by promise or Observable where the method
 * is known to return one, thrown otherwise. Instances have to be made by Nest.
 * @example @UseCircuitBreaker('payments')
 * @example @UseCircuitBreaker({ name: 'payments', per: (request) => request.params.tenant })
 */
export function UseCircuitBreaker<Request = any>( // eslint-disable-line @typescript-eslint/no-explicit-any
  given: string | CircuitTarget<Request>,
): ClassDecorator & MethodDecorator {
  checkNamed(CIRCUIT_TARGET, given as string | CircuitTarget, 'circuits');
  return (decorated: object, property?: string | symbol, descriptor?: PropertyDescriptor) => {
    // One for each use: handlers are told from other methods by it.
    const target = (typeof given === 'string' ? { name: given } : { ...given }) as CircuitTarget;
    if (descriptor === undefined) {
      const { prototype } = decorated as { prototype: object };
      Inject(CircuitBreakerService)(prototype, CIRCUITS);
      tellOfHandlers(prototype, target);
    } else if (typeof decorated !== 'function') {
      protect(decorated, property as string | symbol, descriptor, target);
    }
    const decorate = applyDecorators(
      SetMetadata(CIRCUIT_TARGET_METADATA, target),
      UseInterceptors(CircuitStateInterceptor),
      UseFilters(CircuitOpenExceptionFilter),
    ) as (...args: unknown[]) => void;
    decorate(decorated, property, descriptor);
    standBeforeGuards(descriptor === undefined ? decorated : decorated.constructor);
  };
}

function protect(
  prototype: object,
  property: string | symbol,
  descriptor: PropertyDescriptor,
  target: CircuitTarget,
): void {
  const method = descriptor.value as Method;
  const label = `${prototype.constructor.name}.${String(property)}`;
  refuseGenerator(method, '@UseCircuitBreaker()', label);
  Inject(CircuitBreakerService)(prototype, CIRCUITS);
  const declared: unknown = Reflect.getMetadata('design:returntype', prototype, property);
  const guarded = protectDirectCalls(method, target, declared);
  const telling = tellWhenReached(guarded, target);
  copyMetadata(method, telling);
  descriptor.value = telling;
}

/** The handlers of a class that is protected as a whole, those that it inherits included. */
function tellOfHandlers(prototype: object, target: CircuitTarget): void {
  for (const [name, method] of methodsOf(prototype)) {
    const isHandler = Reflect.getMetadataKeys(method).length > 0;
    if (!isHandler || Reflect.hasMetadata(CIRCUIT_TARGET_METADATA, method)) continue;
    const telling = tellWhenReached(method, target);
    copyMetadata(method, telling);
    Object.defineProperty(prototype, name, {
      value: telling,
      configurable: true,
      writable: true,
    });
  }
}

function methodsOf(prototype: object): Map<string, Method> {
  const methods = new Map<string, Method>();
  for (
    let owner = prototype;
    owner !== Object.prototype;
    owner = Object.getPrototypeOf(owner) as object
  ) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(owner))) {
      if (typeof value !== 'function' || name === 'constructor' || methods.has(name)) continue;
      methods.set(name, value as Method);
    }
  }
  return methods;
}

/** Puts the guard that tells the state before those that may refuse, of the class and of its methods. */
function standBeforeGuards(host: object): void {
  const guards = (Reflect.getMetadata(GUARDS_METADATA, host) ?? []) as unknown[];
  if (guards.includes(CircuitStateGuard)) return;
  Reflect.defineMetadata(GUARDS_METADATA, [CircuitStateGuard, ...guards], host);
}
