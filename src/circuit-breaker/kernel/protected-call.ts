import type { Settle } from './admission.js';
import { isTimeout } from './http-signals.js';

/** Calls `fn`, reports its end to `settle` and passes it on. */
export async function attempt<T>(fn: () => T | PromiseLike<T>, settle: Settle): Promise<T> {
  let value: T;
  try {
    value = await fn();
  } catch (error) {
    settle.threw(error);
    throw error;
  }
  settle.returned(value);
  return value;
}

/** {@link attempt} that ends when `signal` aborts, even if `fn` takes no notice of it. */
export function attemptWithSignal<T>(
  fn: () => T | PromiseLike<T>,
  settle: Settle,
  signal: AbortSignal,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const leave = () => {
      // A deadline that passed tells of a slow backend; a caller who left tells nothing.
      if (isTimeout(signal.reason)) settle.failure(signal.reason);
      else settle.ignore();
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', leave);
    const stay = () => {
      signal.removeEventListener('abort', leave);
    };
    void attempt(fn, settle).finally(stay).then(resolve, reject);
  });
}
