import type { ExecutionContext } from '@nestjs/common';
import { tap } from 'rxjs';
import type { MonoTypeOperatorFunction } from 'rxjs';
import { callerHasLeft } from './caller-has-left.js';
import { GIVEN_UP } from './given-up.js';
import type { HandlerSettle } from './handler-call.js';

/**
 * Reports to the circuit what became of a call that is not HTTP. One that does not get as far as the
 * handler is no verdict, which is for `settle` to see to.
 */
export function settleCall(
  context: ExecutionContext,
  settle: HandlerSettle,
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
    unsubscribe: () => {
      // Who takes the first value and leaves has been answered.
      if (answered) settle.success(elapsedMs());
      else if (callerHasLeft(context)) settle.ignore();
      else settle.threw(GIVEN_UP, elapsedMs());
    },
  });
}
