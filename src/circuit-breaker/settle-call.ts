import { tap } from 'rxjs';
import type { MonoTypeOperatorFunction } from 'rxjs';
import type { Settle } from './kernel/index.js';

/** Reports to the circuit what became of a call that is not HTTP. */
export function settleCall(
  settle: Settle,
  elapsedMs: () => number,
): MonoTypeOperatorFunction<unknown> {
  return tap({
    complete: () => {
      settle.success(elapsedMs());
    },
    error: (error: unknown) => {
      settle.threw(error, elapsedMs());
    },
    unsubscribe: () => {
      settle.ignore();
    },
  });
}
