import type {
  AloneOptions,
  Coalescer,
  CoalescerCounters,
  FlightInfo,
  FlightKeys,
  Loader,
  ResolvedCoalescerOptions,
  RunOptions,
  ValueSharing,
} from './kernel/index.js';

/** All that a {@link Coalescer} offers, whoever keeps the flights. */
export type CoalescerLike = Pick<Coalescer, keyof Coalescer>;

/**
 * A name for which there was no room, as seen by its caller: flights are kept in the coalescer that all
 * such names share, under keys that cannot meet those of another name. It keeps nothing itself, as one
 * is made for each call.
 */
export class OverflowCoalescer implements CoalescerLike {
  constructor(
    readonly name: string,
    private readonly shared: Coalescer,
  ) {}

  get options(): ResolvedCoalescerOptions {
    return this.shared.options;
  }

  get valueSharing(): ValueSharing {
    return this.shared.valueSharing;
  }

  get size(): number {
    return this.shared.size;
  }

  get stuck(): number {
    return this.shared.stuck;
  }

  run<T>(key: string, load: Loader<T>, options?: RunOptions): Promise<T> {
    return this.shared.run(this.keyOf(key), load, options);
  }

  /** The keys are somebody's own: they need no prefix. */
  join<T>(keys: FlightKeys, key: string, load: Loader<T>, options?: RunOptions): Promise<T> {
    return this.shared.join(keys, key, load, options);
  }

  drop(flights: Parameters<Coalescer['drop']>[0]): void {
    this.shared.drop(flights);
  }

  runAlone<T>(load: Loader<T>, options?: AloneOptions): Promise<T> {
    return this.shared.runAlone(load, options);
  }

  forget(key: string): boolean {
    return this.shared.forget(this.keyOf(key));
  }

  /** Forgets the flights of the other names too: too much is harmless here, too little is not. */
  forgetAll(): number {
    return this.shared.forgetAll();
  }

  flights(): FlightInfo[] {
    return this.shared.flights();
  }

  counters(): CoalescerCounters {
    return this.shared.counters();
  }

  close(): void {
    // It is not this name's alone.
  }

  private keyOf(key: string): string {
    // What is no key stays none, so that it is refused as such.
    return typeof key !== 'string' ? key : `${this.name.length}:${this.name}:${key}`;
  }
}
