import { Inject, SetMetadata, UseFilters, UseInterceptors, applyDecorators } from '@nestjs/common';
import { GUARDS_METADATA } from '@nestjs/common/constants.js';
import { copyMetadata } from '../metadata/index.js';
import { refuseGenerator } from '../module-options/index.js';
import { CIRCUIT_TARGET_METADATA } from './circuit-breaker.constants.js';
import { CircuitBreakerService } from './circuit-breaker.service.js';
import { CircuitOpenExceptionFilter } from './circuit-open.filter.js';
import { CircuitStateGuard } from './circuit-state.guard.js';
import { CircuitStateInterceptor } from './circuit-state.interceptor.js';
import type { CircuitTarget } from './circuit-target.interface.js';
import { CIRCUITS, protectDirectCalls } from './direct-call.js';
import type { Method } from './direct-call.js';

/**
 * Protects a handler or a method of a provider, or every one of a class, by a circuit; on a method it
 * wins over the class. Requests that a circuit refuses are answered with 503, and every answer tells its
 * state; who calls a method directly gets `CircuitOpenError`, by promise or Observable as the method
 * returns. Instances have to be made by Nest.
 * @example @UseCircuitBreaker('payments')
 * @example @UseCircuitBreaker({ name: 'payments', per: (request) => request.params.tenant })
 */
export function UseCircuitBreaker<Request = any>( // eslint-disable-line @typescript-eslint/no-explicit-any
  given: string | CircuitTarget<Request>,
): ClassDecorator & MethodDecorator {
  return (decorated: object, property?: string | symbol, descriptor?: PropertyDescriptor) => {
    // One for each use: handlers are told from other methods by it.
    const target = (typeof given === 'string' ? { name: given } : { ...given }) as CircuitTarget;
    if (descriptor === undefined) {
      const { prototype } = decorated as { prototype: object };
      Inject(CircuitBreakerService)(prototype, CIRCUITS);
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
  copyMetadata(method, guarded);
  descriptor.value = guarded;
}

/** Puts the guard that tells the state before those that may refuse, of the class and of its methods. */
function standBeforeGuards(host: object): void {
  const guards = (Reflect.getMetadata(GUARDS_METADATA, host) ?? []) as unknown[];
  if (guards.includes(CircuitStateGuard)) return;
  Reflect.defineMetadata(GUARDS_METADATA, [CircuitStateGuard, ...guards], host);
}
