import { ManualClock } from '../../ground/manual-clock.js';
import { CircuitBreaker } from '../kernel/index.js';
import type {
  Admitted,
  CircuitBreakerOptions,
  CircuitTransition,
  Refused,
  SharedCircuits,
  TransitionSink,
} from '../kernel/index.js';

/** Keeps every transition it is told. */
export class RecordingSink implements TransitionSink {
  readonly wanted = true;
  readonly told: CircuitTransition[] = [];

  publish(transition: CircuitTransition): void {
    this.told.push(transition);
  }

  /** The transitions as `from>to`. */
  get path(): string[] {
    return this.told.map(({ from, to }) => `${from}>${to}`);
  }
}

/** One circuit on a clock that a test moves. */
export class CircuitFixture {
  readonly clock = new ManualClock();
  readonly transitions = new RecordingSink();
  readonly circuit: CircuitBreaker;
  /** What the next random numbers are. */
  random = 0.5;

  constructor(options: CircuitBreakerOptions = {}, shared?: SharedCircuits) {
    this.circuit = new CircuitBreaker('payments', options, {
      clock: this.clock,
      random: () => this.random,
      transitions: this.transitions,
      shared,
    });
  }

  /** Admits a call; fails the test if it is refused. */
  admit(): Admitted {
    const admission = this.circuit.admit();
    if (!admission.admitted) throw new Error(`refused while ${admission.state}`);
    return admission;
  }

  /** Asks for a call; fails the test if it is admitted. */
  refuse(): Refused {
    const admission = this.circuit.admit();
    if (admission.admitted) throw new Error(`admitted while ${admission.state}`);
    return admission;
  }

  /** Admits calls and fails them, one after the other. */
  fail(times = 1): void {
    for (let call = 0; call < times; call++) this.admit().settle.failure(new Error('down'));
  }

  /** Admits calls that succeed, one after the other. */
  succeed(times = 1): void {
    for (let call = 0; call < times; call++) this.admit().settle.success();
  }

  /** Opens the circuit and lets its cooldown elapse. */
  openAndCoolDown(cooldownMs = 5_000): void {
    this.fail(3);
    this.clock.advance(cooldownMs);
  }
}

/** A promise and what settles it: the barrier of a test. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason?: unknown) => void;
}

export function deferred<T = void>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (reason?: unknown) => void;
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}
