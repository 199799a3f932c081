import { tap } from 'rxjs';
import type { MonoTypeOperatorFunction } from 'rxjs';
import type { Settle } from './kernel/index.js';

/** Reports to the circuit what became of a call that is not HTTP. */
export function settleCall(
  settle: Settle,
  elapsedMs: () => number,
): MonoTypeOperatorFunction<unknown> {
  let answered = false;
  return tap({
    next: () => {
      answered = true;
    },
    complete: () => {
      settle.success(elapsedMs());
    },
    error: (error: unknown) => {
      settle.threw(error, elapsedMs());
    },
    // Who takes the first value and leaves has been answered.
    unsubscribe: () => {
      if (answered) settle.success(elapsedMs());
      else settle.ignore();
    },
  });
}
