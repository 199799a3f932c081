import { callback, rule } from '../../ground/index.js';
import type { Clock } from '../../ground/index.js';
import type { Settle } from './admission.js';
import { CircuitBreaker } from './circuit-breaker.js';
import type { CircuitBreakerOptions } from './circuit-options.js';
import type { CircuitTransition, TransitionSink } from './circuit-state.js';

/** One call of a recorded trace. */
export interface TracedCall {
  /** When the call began, in milliseconds from any origin. */
  readonly atMs: number;
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
  readonly outcome: 'success' | 'failure' | 'ignored';
}

/** What a circuit would have done with a trace. */
export interface ReplayReport {
  readonly admitted: number;
  readonly refused: number;
  /** Refused calls that had succeeded: what the circuit would have cost. */
  readonly refusedGood: number;
  /** Refused calls that had failed: what it would have spared callers and backend. */
  readonly refusedBad: number;
  /** What the circuit would have gone through; `at` is on the time scale of the trace. */
  readonly transitions: readonly CircuitTransition[];
}

const A_TRACE = rule(
  'an array of calls, each with atMs and durationMs in milliseconds and the outcome success, failure or ignored',
  (trace) => Array.isArray(trace) && trace.every(isTracedCall),
);

function isTracedCall(call: unknown): boolean {
  const { atMs, durationMs, outcome } = (call ?? {}) as Partial<TracedCall>;
  const isLong = Number.isFinite(durationMs) && Number(durationMs) >= 0;
  return Number.isFinite(atMs) && isLong && OUTCOMES.has(outcome);
}

const OUTCOMES: ReadonlySet<unknown> = new Set(['success', 'failure', 'ignored']);

interface PendingCall {
  readonly endsAt: number;
  readonly call: TracedCall;
  readonly settle: Settle;
}

/**
 * Runs a recorded trace through a circuit with `options`, in the time of the trace: the offline twin
 * of a shadow. Calls that the circuit refuses teach it nothing, as in life.
 *
 * @param random numbers for jitter and ramps; the default always takes the middle
 * @throws InvalidOptionError for a trace that is none, and for options that cannot work
 */
export function replay(
  trace: readonly TracedCall[],
  options: CircuitBreakerOptions,
  random: () => number = () => 0.5,
): ReplayReport {
  A_TRACE.check(trace, 'replay()', 'trace');
  callback.check(random, 'replay()', 'random');
  const calls = [...trace].sort((one, other) => one.atMs - other.atMs);
  const clock = new TraceClock();
  const transitions = new TransitionList();
  const circuit = new CircuitBreaker('replay', options, { clock, random, transitions });
  const pending: PendingCall[] = [];
  const refused: TracedCall[] = [];
  const endUntil = (atMs: number) => {
    for (let next = pending[0]; next && next.endsAt <= atMs; next = pending[0]) {
      pending.shift();
      end(next, clock);
    }
  };
  for (const call of calls) {
    endUntil(call.atMs);
    clock.nowMs = call.atMs;
    const admission = circuit.admit();
    if (!admission.admitted) refused.push(call);
    else insert(pending, { endsAt: call.atMs + call.durationMs, call, settle: admission.settle });
  }
  endUntil(Infinity);
  return {
    admitted: calls.length - refused.length,
    refused: refused.length,
    refusedGood: refused.filter(({ outcome }) => outcome === 'success').length,
    refusedBad: refused.filter(({ outcome }) => outcome === 'failure').length,
    transitions: transitions.list,
  };
}

class TraceClock implements Clock {
  nowMs = 0;

  monotonic(): number {
    return this.nowMs;
  }

  wall(): number {
    return this.nowMs;
  }
}

class TransitionList implements TransitionSink {
  readonly wanted = true;
  readonly list: CircuitTransition[] = [];

  publish(transition: CircuitTransition): void {
    this.list.push(transition);
  }
}

function end({ endsAt, call, settle }: PendingCall, clock: TraceClock): void {
  clock.nowMs = endsAt;
  if (call.outcome === 'success') settle.success(call.durationMs);
  else if (call.outcome === 'failure') settle.failure(undefined, call.durationMs);
  else settle.ignore();
}

/** Keeps the calls in the order in which they end. */
function insert(pending: PendingCall[], call: PendingCall): void {
  const place = pending.findLastIndex(({ endsAt }) => endsAt <= call.endsAt) + 1;
  pending.splice(place, 0, call);
}
