import { AbortWatch } from '../../ground/index.js';
import type { Settle } from './admission.js';
import { CircuitOpenError } from './circuit-open.error.js';
import { isTimeout } from './http-signals.js';
import { isObservable, lastValueOf, settleAtEnd, streamOf } from './streams-and-observables.js';

/** Calls `fn`, reports its end to `settle` and passes it on. */
export function attempt<T>(
  fn: () => T | PromiseLike<T>,
  settle: Settle,
  signal?: AbortSignal,
): Promise<T> {
  try {
    return reported(Promise.resolve(fn()), settle, signal);
  } catch (error) {
    return thrown(error as Error, settle);
  }
}

/**
 * Reports the end of a call that is under way to `settle` and passes it on. An Observable is subscribed
 * to, and stands for its last value; a stream is passed on, and its end is that of the call.
 */
export function reported<T>(call: Promise<T>, settle: Settle, signal?: AbortSignal): Promise<T> {
  return call.then(
    (value) => {
      if (typeof value !== 'object' || value === null) {
        settle.returned(value);
        return value;
      }
      if (isObservable(value)) {
        return reported(lastValueOf(value, signal) as Promise<T>, settle, signal);
      }
      if (!concluded(value, settle)) {
        throw new TypeError(
          'execute() got a generator, which has called nobody yet: write execute(async () => { … }) ' +
            'with a function that reads its items and returns them',
        );
      }
      return value;
    },
    (error: unknown) => {
      settle.threw(error);
      return rejection(error);
    },
  );
}

/**
 * Reports a call that returned `value`, which is neither a promise nor an Observable: its end is that of
 * a stream, and a generator gives no verdict.
 *
 * @returns whether anything has been called: a generator has not begun
 */
export function concluded(value: unknown, settle: Settle): boolean {
  if (isGenerator(value)) {
    settle.ignore();
    return false;
  }
  const stream = streamOf(value);
  if (stream === undefined) settle.returned(value);
  else settleAtEnd(stream, value, settle);
  return true;
}

/** Reports a call that threw before it was under way, and passes the error on. */
export function thrown(error: Error, settle: Settle): Promise<never> {
  settle.threw(error);
  return Promise.reject(error);
}

/** For a handler to return: throwing the error once more would cost as much again as counting it. */
function rejection(error: unknown): PromiseLike<never> {
  return { then: (_, reject) => reject?.(error) } as PromiseLike<never>;
}

/**
 * Calls `fn` if the other instances agree to the probe.
 * @throws CircuitOpenError (as a rejection) if another one probes
 */
export async function whenPermitted<T>(
  permit: Promise<boolean>,
  circuit: string,
  fn: () => T | PromiseLike<T>,
): Promise<T> {
  if (!(await permit)) throw new CircuitOpenError(circuit, { state: 'half-open' });
  return fn();
}

/** {@link attempt} that ends when `signal` aborts, even if `fn` takes no notice of it. */
export function attemptWithSignal<T>(
  fn: () => T | PromiseLike<T>,
  settle: Settle,
  signal: AbortSignal,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const watch = AbortWatch.of(signal);
    const place = watch.add({
      aborted: (reason) => {
        // A deadline that passed tells of a slow backend; a caller who left tells nothing.
        if (isTimeout(reason)) settle.failure(reason);
        else settle.ignore();
        reject(signal.reason as Error);
      },
    });
    const stay = () => {
      watch.delete(place);
    };
    void attempt(fn, settle, signal).finally(stay).then(resolve, reject);
  });
}

function isGenerator(value: unknown): boolean {
  const tag = (value as { [Symbol.toStringTag]?: unknown } | null | undefined)?.[
    Symbol.toStringTag
  ];
  return tag === 'AsyncGenerator' || tag === 'Generator';
}
