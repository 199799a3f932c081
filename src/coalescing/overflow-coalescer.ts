import { Coalescer } from './kernel/index.js';
import type {
  AloneOptions,
  CoalescerCounters,
  CoalescerPorts,
  FlightInfo,
  Loader,
  RunOptions,
} from './kernel/index.js';

/**
 * A name for which there was no room, as seen by its caller: flights are kept in the coalescer that all
 * such names share, under keys that cannot meet those of another name.
 */
export class OverflowCoalescer extends Coalescer {
  private readonly prefix: string;

  constructor(
    name: string,
    private readonly shared: Coalescer,
    ports: CoalescerPorts,
  ) {
    super(name, shared.options, ports);
    this.prefix = `${name.length}:${name}:`;
  }

  override get size(): number {
    return this.shared.size;
  }

  override get stuck(): number {
    return this.shared.stuck;
  }

  override run<T>(key: string, load: Loader<T>, options?: RunOptions): Promise<T> {
    return this.shared.run(this.prefix + key, load, options);
  }

  override runAlone<T>(load: Loader<T>, options?: AloneOptions): Promise<T> {
    return this.shared.runAlone(load, options);
  }

  override forget(key: string): boolean {
    return this.shared.forget(this.prefix + key);
  }

  /** Forgets the flights of the other names too: too much is harmless here, too little is not. */
  override forgetAll(): number {
    return this.shared.forgetAll();
  }

  override flights(): FlightInfo[] {
    return this.shared.flights();
  }

  override counters(): CoalescerCounters {
    return this.shared.counters();
  }

  override close(): void {
    // It is not this name's alone.
  }
}
