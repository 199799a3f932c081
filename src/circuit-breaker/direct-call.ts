import { AsyncLocalStorage } from 'node:async_hooks';
import { defer, from, isObservable, mergeMap, tap } from 'rxjs';
import type { Observable } from 'rxjs';
import type { CircuitBreakerService } from './circuit-breaker.service.js';
import { circuitOf } from './circuit-of.js';
import type { CircuitTarget } from './circuit-target.interface.js';
import { GIVEN_UP } from './given-up.js';
import { CircuitOpenError } from './kernel/index.js';
import type { Admitted, CircuitBreaker } from './kernel/index.js';
import { reported } from './kernel/protected-call.js';

export type Method = (...args: unknown[]) => unknown;

/** What a method returns: a refusal has to come in the same way. */
type Returns = 'promise' | 'observable' | 'value';

/** Where Nest puts the service into instances of classes with protected methods. */
export const CIRCUITS = Symbol('breakwater:circuits');

interface Host {
  readonly [CIRCUITS]?: CircuitBreakerService;
}

/** Targets of handlers: for these the interceptor asks the circuit, before guards' and pipes' work. */
const handled = new WeakSet<CircuitTarget>();

/** Notes that calls by way of `target` come through the interceptor. */
export function markHandled(target: CircuitTarget): void {
  if (!handled.has(target)) handled.add(target);
}

/**
 * `method`, protected by the circuit of `target` when other code calls it. Handlers are left to the
 * interceptor, and instances that Nest has not made have no circuits.
 *
 * @param declared what the source says that it returns, if that is known
 */
export function protectDirectCalls(
  method: Method,
  target: CircuitTarget,
  declared: unknown,
): Method {
  let returns = returnsOf(method, declared);

  return function (this: Host, ...args: unknown[]): unknown {
    const circuits = this[CIRCUITS];
    const call = () => method.apply(this, args);
    if (circuits === undefined || handled.has(target)) return call();
    const find = () => circuitOf(circuits, target, args[0]);
    if (returns === 'promise') return promised(find, call);
    if (returns === 'observable') return observed(find, call);

    const circuit = find();
    const admission = circuit.admit();
    if (!admission.admitted) {
      const error = new CircuitOpenError(circuit.name, admission);
      if (returns === 'value') throw error;
      return Promise.reject(error);
    }
    if (admission.permit !== undefined) {
      // What the others say comes too late for a call that returns at once.
      admission.settle.ignore();
      if (returns === 'value') throw new CircuitOpenError(circuit.name, { state: 'half-open' });
      return promised(find, call);
    }
    let result: unknown;
    try {
      result = call();
    } catch (error) {
      // Who has only ever thrown gets a refusal thrown.
      returns ??= 'value';
      admission.settle.threw(error);
      throw error;
    }
    if (isObservable(result)) {
      // Nothing has been called yet: that is for whoever subscribes.
      returns = 'observable';
      admission.settle.ignore();
      return observed(find, () => result);
    }
    if (isPromise(result)) {
      returns = 'promise';
      return reported(Promise.resolve(result), admission.settle);
    }
    if (result !== undefined) returns ??= 'value';
    admission.settle.returned(result);
    return result;
  };
}

/** The class whose circuit has admitted what is running. */
const inside = new AsyncLocalStorage<CircuitTarget>();

/** {@link protectDirectCalls} for a method of a class that is protected as a whole: it may call others of it. */
export function protectFromOutside(method: Method, target: CircuitTarget): Method {
  const guarded = protectDirectCalls(method, target, undefined);
  return function (this: unknown, ...args: unknown[]): unknown {
    if (inside.getStore() === target) return method.apply(this, args);
    return inside.run(target, () => guarded.apply(this, args));
  };
}

async function promised(find: () => CircuitBreaker, call: () => unknown): Promise<unknown> {
  return find().execute(call);
}

/** Each subscription is a call of its own, as it is of whatever is subscribed to. */
function observed(find: () => CircuitBreaker, call: () => unknown): Observable<unknown> {
  return defer(() => {
    const circuit = find();
    const admission = circuit.admit();
    if (!admission.admitted) throw new CircuitOpenError(circuit.name, admission);
    const { settle, permit } = admission;
    let answered = false;
    const calls = permit
      ? from(permit).pipe(
          mergeMap((permitted) => {
            if (!permitted) throw new CircuitOpenError(circuit.name, { state: 'half-open' });
            return attempt(call, admission) as Observable<unknown>;
          }),
        )
      : (attempt(call, admission) as Observable<unknown>);
    return calls.pipe(
      tap({
        next: () => {
          answered = true;
        },
        complete: () => {
          settle.success();
        },
        error: (error: unknown) => {
          settle.threw(error);
        },
        unsubscribe: () => {
          // Who takes the first value and leaves has been answered; a deadline keeps its error to itself.
          if (answered) settle.success();
          else settle.threw(GIVEN_UP);
        },
      }),
    );
  });
}

function attempt(call: () => unknown, { settle }: Admitted): unknown {
  try {
    return call();
  } catch (error) {
    settle.threw(error);
    throw error;
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === 'function';
}

function returnsOf(method: Method, declared: unknown): Returns | undefined {
  if (method.constructor.name === 'AsyncFunction' || declared === Promise) return 'promise';
  return isObservableClass(declared) ? 'observable' : undefined;
}

function isObservableClass(declared: unknown): boolean {
  if (typeof declared !== 'function') return false;
  const { pipe, subscribe } = (declared.prototype ?? {}) as Record<string, unknown>;
  return typeof pipe === 'function' && typeof subscribe === 'function';
}
