import { ManualClock } from '../../ground/manual-clock.js';
import { createCoalescer } from '../create-coalescer.js';
import type {
  Coalescer,
  CoalescerOptions,
  FlightContext,
  FlightEvent,
  RunOptions,
} from '../kernel/index.js';

/** One call of a loader, ended by the test. */
export interface ScriptedLoad {
  readonly key: string;
  readonly flight: FlightContext;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** How a promise stands. */
export type Standing =
  | { readonly status: 'pending' }
  | { readonly status: 'fulfilled'; readonly value: unknown }
  | { readonly status: 'rejected'; readonly error: unknown };

/** A coalescer on manual time, whose loaders end when and how the test says. */
export class Harness {
  readonly clock = new ManualClock();
  readonly coalescer: Coalescer;
  /** Every call of {@link load}, in order. */
  readonly loads: ScriptedLoad[] = [];
  /** Every event, once {@link listen} was called. */
  readonly events: FlightEvent[] = [];
  /** What subscribers do with an event beside noting it. */
  onEvent: (event: FlightEvent) => void = () => undefined;

  private listening = false;

  constructor(options: CoalescerOptions = {}) {
    const isListening = (): boolean => this.listening;
    let flights = 0;
    this.coalescer = createCoalescer('test', options, {
      clock: this.clock,
      scheduler: this.clock,
      nextFlightId: () => ++flights,
      events: {
        get hasSubscribers() {
          return isListening();
        },
        publish: (event) => {
          this.events.push(event);
          this.onEvent(event);
        },
      },
    });
  }

  /** A loader that hangs until the test ends it through {@link loads}. */
  readonly load = (flight: FlightContext): Promise<unknown> =>
    new Promise((resolve, reject) => {
      this.loads.push({ key: flight.key, flight, resolve, reject });
    });

  /** Runs {@link load}. */
  run(key = 'k', options?: RunOptions): Promise<unknown> {
    return this.coalescer.run(key, this.load, options);
  }

  listen(): void {
    this.listening = true;
  }

  /** The loader call number `index`, from 0. */
  at(index: number): ScriptedLoad {
    const load = this.loads[index];
    if (!load) throw new Error(`The loader was called ${this.loads.length} times only`);
    return load;
  }
}

/** Lets everything that is due without time passing happen. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 12; i++) await Promise.resolve();
}

/** How `promise` stands after everything due has happened. */
export async function standingOf(promise: Promise<unknown>): Promise<Standing> {
  let standing: Standing = { status: 'pending' };
  promise.then(
    (value) => (standing = { status: 'fulfilled', value }),
    (error: unknown) => (standing = { status: 'rejected', error }),
  );
  await settle();
  return standing;
}

/** How each of `promises` stands. */
export function standingsOf(promises: readonly Promise<unknown>[]): Promise<Standing[]> {
  return Promise.all(promises.map(standingOf));
}

export const PENDING: Standing = { status: 'pending' };

export function fulfilled(value: unknown): Standing {
  return { status: 'fulfilled', value };
}

export function rejected(error: unknown): Standing {
  return { status: 'rejected', error };
}
