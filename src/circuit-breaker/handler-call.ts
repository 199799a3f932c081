import { AsyncLocalStorage } from 'node:async_hooks';
import type { CallHandler } from '@nestjs/common';
import { from, mergeMap } from 'rxjs';
import type { Observable } from 'rxjs';
import type { CircuitTarget } from './circuit-target.js';
import { CircuitOpenError } from './kernel/index.js';
import type { Settle } from './kernel/index.js';

type Method = (...args: unknown[]) => unknown;

/** A call of a handler that a circuit has admitted. */
export class HandlerCall {
  /** Whether it has come as far as the handler: past pipes and inner interceptors. */
  reached = false;

  constructor(readonly target: CircuitTarget) {}
}

const calls = new AsyncLocalStorage<HandlerCall>();

/** Handlers that note on their call that they were reached. */
const telling = new WeakSet<object>();

/** What is to be known of a call of `handler`; `undefined` if the handler does not tell that it is reached. */
export function callOf(handler: object, target: CircuitTarget): HandlerCall | undefined {
  return telling.has(handler) ? new HandlerCall(target) : undefined;
}

/** Goes on to the handler, which finds its call. */
export function handleWithin(
  call: HandlerCall | undefined,
  next: CallHandler,
): Observable<unknown> {
  return call === undefined ? next.handle() : calls.run(call, () => next.handle());
}

/**
 * Makes the call if the other instances of a cluster agree to the probe; otherwise it is refused as any
 * other that comes while another instance probes.
 */
export function whenPermitted(
  permit: Promise<boolean>,
  circuit: string,
  call: () => Observable<unknown>,
): Observable<unknown> {
  return from(permit).pipe(
    mergeMap((permitted) => {
      if (permitted) return call();
      throw new CircuitOpenError(circuit, { state: 'half-open' });
    }),
  );
}

/** `method`, noting on the call that it is reached. */
export function tellWhenReached(method: Method, target: CircuitTarget): Method {
  const handler = function (this: unknown, ...args: unknown[]): unknown {
    const call = calls.getStore();
    if (call?.target === target) call.reached = true;
    return method.apply(this, args);
  };
  telling.add(handler);
  return handler;
}

/** What reports the end of a handler's call. */
export type HandlerSettle = Pick<Settle, 'success' | 'threw' | 'ignore'>;

/** `settle`, without a verdict as long as the handler has not been reached. */
export function settleOf(settle: Settle, call: HandlerCall | undefined): HandlerSettle {
  return call === undefined ? settle : new SettleIfReached(settle, call);
}

class SettleIfReached implements HandlerSettle {
  constructor(
    private readonly settle: Settle,
    private readonly call: HandlerCall,
  ) {}

  success(durationMs?: number): void {
    if (this.call.reached) this.settle.success(durationMs);
    else this.settle.ignore();
  }

  threw(error: unknown, durationMs?: number): void {
    if (this.call.reached) this.settle.threw(error, durationMs);
    else this.settle.ignore();
  }

  ignore(): void {
    this.settle.ignore();
  }
}
