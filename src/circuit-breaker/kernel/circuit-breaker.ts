import { OptionReader, aSignal } from '../../ground/index.js';
import type { Admission } from './admission.js';
import { describeCircuit, stateOf } from './circuit-description.js';
import type { CircuitDescription } from './circuit-description.js';
import { CircuitMachine } from './circuit-machine.js';
import { CircuitOpenError } from './circuit-open.error.js';
import { completePorts, resolveOptions, systemPorts } from './circuit-options.js';
import type { CircuitBreakerOptions, CircuitPorts } from './circuit-options.js';
import type { CircuitMode, CircuitState, TransitionReason } from './circuit-state.js';
import { attemptWithSignal, reported, thrown, whenPermitted } from './protected-call.js';
import { ShadowCircuit } from './shadow-circuit.js';
import type { ObservableLike } from './streams-and-observables.js';

/** Settings of one {@link CircuitBreaker.execute}. */
export interface ExecuteOptions {
  /**
   * The caller's way out: when it aborts, `execute` rejects with its reason at once and the call
   * counts neither way, unless the reason is a timeout, which is a failure.
   */
  readonly signal?: AbortSignal | undefined;
}

export const EXECUTE_OPTIONS = new OptionReader<ExecuteOptions>({ signal: aSignal });

/**
 * Decides for each call whether it may be made, from what became of the calls before it.
 * @example
 * const breaker = new CircuitBreaker('payments', { cooldownMs: 5_000 });
 * const rate = await breaker.execute(() => fetchRate('EUR/USD'));
 */
export class CircuitBreaker {
  private readonly machine: CircuitMachine;
  private readonly shadow: ShadowCircuit | undefined;

  /**
   * @param name what errors, events and descriptions call the circuit
   * @throws InvalidOptionError for an option that cannot work
   */
  constructor(
    readonly name: string,
    options: CircuitBreakerOptions = {},
    ports: Partial<CircuitPorts> = systemPorts,
  ) {
    const resolved = resolveOptions(options);
    const wired = completePorts(ports);
    this.machine = new CircuitMachine(name, resolved, wired);
    this.shadow = resolved.shadow && new ShadowCircuit(name, resolved.shadow, wired);
  }

  /** Name under which it is counted: its own, or `payments[*]` for a circuit by key. */
  get family(): string {
    return this.machine.family;
  }

  /** State that the next call would find: elapsed time has been applied. Looking changes nothing. */
  get state(): CircuitState {
    return stateOf(this.machine.mode);
  }

  /** {@link state}, with what an operator did by hand told apart. */
  get mode(): CircuitMode {
    return this.machine.mode;
  }

  /** What made the circuit change last. */
  get lastReason(): TransitionReason | undefined {
    return this.machine.lastReason;
  }

  /** Whether the circuit is closed by itself and has no call on its way: nothing would be lost with it. */
  get idle(): boolean {
    return this.machine.phase.kind === 'closed' && this.machine.inFlight === 0;
  }

  /**
   * Decides about one call, now: the place of a probe is taken before this returns. Never throws.
   * An admitted call must report through `settle`.
   */
  admit(): Admission {
    const admission = this.machine.admit();
    return this.shadow === undefined ? admission : this.shadow.watch(admission);
  }

  /**
   * Calls `fn` if the circuit admits it, and takes its result into account. An Observable, such as
   * `HttpService` returns, is subscribed to. A stream, a `StreamableFile` and an answer whose body is a
   * stream are returned at once; the call has succeeded or failed when the stream has ended or broken.
   * @returns what `fn` returns, of an Observable the last value; rejects with what it throws
   * @throws CircuitOpenError (as a rejection) if the circuit refuses · InvalidOptionError
   */
  execute<T>(
    fn: () => ObservableLike<T> | PromiseLike<ObservableLike<T>>,
    options?: ExecuteOptions,
  ): Promise<T>;
  // eslint-disable-next-line @typescript-eslint/unified-signatures -- in one, T would be the Observable
  execute<T>(fn: () => T | PromiseLike<T>, options?: ExecuteOptions): Promise<T>;
  execute<T>(fn: () => T | PromiseLike<T>, options?: ExecuteOptions): Promise<T> {
    if (options !== undefined) {
      try {
        EXECUTE_OPTIONS.check(options, 'options');
      } catch (error) {
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- as it was thrown
        return Promise.reject(error);
      }
    }
    const signal = options?.signal;
    if (typeof fn !== 'function') return Promise.reject(notAFunction(this.name, fn));
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    // Not an async function: throwing inside one would cost a refusal five times as much.
    const admission = this.admit();
    if (!admission.admitted) return Promise.reject(new CircuitOpenError(this.name, admission));
    const { permit, settle } = admission;
    const call = permit === undefined ? fn : () => whenPermitted(permit, this.name, fn);
    if (signal !== undefined) return attemptWithSignal(call, settle, signal);
    try {
      // Not by `attempt`: each frame below the call costs every error that it makes 0.1 µs.
      return reported(Promise.resolve(call()), settle);
    } catch (error) {
      return thrown(error as Error, settle);
    }
  }

  /** What the circuit is doing, on what evidence, and what happens next. */
  describe(): CircuitDescription {
    return describeCircuit(this.name, this.machine, this.shadow?.report());
  }

  /**
   * Refuses every call until {@link release}. Results of calls on their way no longer count. What is
   * done by hand is done to this instance alone, whatever the others of a cluster do.
   */
  isolate(): void {
    this.machine.isolate();
  }

  /** Admits every call, whatever becomes of it, until {@link release}. */
  forceClosed(): void {
    this.machine.forceClosed();
  }

  /** Ends {@link isolate} or {@link forceClosed}: the circuit is closed and starts counting anew. */
  release(): void {
    this.machine.release();
  }

  /** Takes no part any more in what the instances of a cluster make of the circuit. */
  leave(): void {
    this.machine.leave();
  }

  /** @internal Another one stands in its place: who has heard that it is open hears of the end of that. */
  retire(): void {
    this.machine.closedByAll('its settings have changed', 'redeclared');
    this.machine.leave();
  }
}

/** For a call that was made before the circuit was asked. */
function notAFunction(circuit: string, given: unknown): TypeError {
  const isPromise = typeof (given as PromiseLike<unknown> | null)?.then === 'function';
  // Its failure is beside the point, and nobody else would handle it.
  if (isPromise) Promise.resolve(given).catch(() => undefined);
  return new TypeError(
    `execute() of circuit "${circuit}" takes a function that makes the call, got ` +
      `${isPromise ? 'a promise: the call has been made already' : typeof given}. ` +
      'Write execute(() => fetchRate()) instead of execute(fetchRate())',
  );
}
