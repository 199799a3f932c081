import { AsyncLocalStorage } from 'node:async_hooks';
import { defer, isObservable } from 'rxjs';
import type { Observable } from 'rxjs';
import type { CircuitBreakerService } from './circuit-breaker.service.js';
import { circuitOf } from './circuit-target.js';
import type { CircuitTarget } from './circuit-target.js';
import { whenPermitted } from './handler-call.js';
import { CircuitOpenError } from './kernel/index.js';
import type { Admitted, CircuitBreaker } from './kernel/index.js';
import { concluded, reported } from './kernel/protected-call.js';
import { settleObserved } from './settle-call.js';

export type Method = (...args: unknown[]) => unknown;

/** How a method returns: a refusal has to come in the same way. */
type Returns = 'promise' | 'observable' | 'value';

/** Where Nest puts the service into instances of classes with protected methods. */
export const CIRCUITS = Symbol('@UseCircuitBreaker() needs CircuitBreakerModule.forRoot()');

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
 * A refusal comes by promise or Observable where the method is known to return one: it is async, its
 * type says so, or a call of it has. Until then it is thrown, which is an error to every caller: of
 * what is returned in its place, the wrong kind would break the caller, and a rejection that nobody
 * holds would end the process.
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
    if (!admission.admitted) throw new CircuitOpenError(circuit.name, admission);
    if (admission.permit !== undefined) {
      // What the others say comes too late for a call that returns at once. One call goes out unasked
      // and uncounted, to learn whether it does: otherwise this method could never be the probe.
      admission.settle.ignore();
      if (returns === 'value') throw new CircuitOpenError(circuit.name, { state: 'half-open' });
    }
    let result: unknown;
    try {
      result = call();
    } catch (error) {
      returns = 'value';
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
    returns = 'value';
    concluded(result, admission.settle);
    return result;
  };
}

/** The class whose circuit has admitted what is running. */
const inside = new AsyncLocalStorage<CircuitTarget>();

/** {@link protectDirectCalls} for a method of a class that is protected as a whole: it may call others of it. */
export function protectFromOutside(
  method: Method,
  target: CircuitTarget,
  declared: unknown,
): Method {
  // Here and not around the guard: of an Observable, the method runs when somebody subscribes.
  const within = function (this: unknown, ...args: unknown[]): unknown {
    return inside.run(target, () => method.apply(this, args));
  };
  const guarded = protectDirectCalls(within, target, isAsync(method) ? Promise : declared);
  return function (this: unknown, ...args: unknown[]): unknown {
    if (inside.getStore() === target) return method.apply(this, args);
    return guarded.apply(this, args);
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
    const make = () => attempt(call, admission) as Observable<unknown>;
    const calls = permit ? whenPermitted(permit, circuit.name, make) : make();
    // Who leaves before the first value may have lost interest (`switchMap`) or patience (`timeout`):
    // nothing here tells which.
    const left = () => {
      settle.ignore();
    };
    return calls.pipe(settleObserved(settle, () => undefined, left));
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
  if (isAsync(method) || declared === Promise) return 'promise';
  return isObservableClass(declared) ? 'observable' : undefined;
}

function isAsync(method: Method): boolean {
  return method.constructor.name === 'AsyncFunction';
}

function isObservableClass(declared: unknown): boolean {
  if (typeof declared !== 'function') return false;
  const { pipe, subscribe } = (declared.prototype ?? {}) as Record<string, unknown>;
  return typeof pipe === 'function' && typeof subscribe === 'function';
}
