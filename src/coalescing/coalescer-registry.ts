import { LinkedSet, InvalidOptionError } from '../ground/index.js';
import type { Place } from '../ground/index.js';
import { Coalescer, resolveCoalescerOptions } from './kernel/index.js';
import type {
  CoalescerCounters,
  CoalescerOptions,
  CoalescerPorts,
  ResolvedCoalescerOptions,
  AloneOptions,
  FlightInfo,
  FlightKeys,
  FlightsOptions,
  Loader,
  RunOptions,
  ValueSharing,
} from './kernel/index.js';

/** What is counted under one name. */
export interface CoalescerFamily {
  readonly counters: CoalescerCounters;
  /** Flights under way. */
  readonly flights: number;
  /** Loaders that still run although their flight's deadline has passed. */
  readonly stuck: number;
}

/** How many of the longest unused are looked at when one has to make room. */
const EVICTION_TRIES = 8;

/**
 * Coalescers by name. Declared ones stay; those made on demand, for names that may come from requests,
 * are bounded: the longest unused one without flights makes room for a new one.
 */
export class CoalescerRegistry {
  private readonly declared = new Map<string, Coalescer>();
  private readonly onDemand = new Map<string, Place<Coalescer>>();
  /** Those made on demand, the longest unused first. */
  private readonly byUse = new LinkedSet<Coalescer>();
  private readonly overflow: Coalescer;
  /** Those of whatever is not declared with its own. */
  private readonly resolved: ResolvedCoalescerOptions;
  /** What those that have made room had counted, by their family. */
  private readonly evicted = new Map<string, CoalescerCounters>();
  private closed = false;

  constructor(
    private readonly defaults: CoalescerOptions,
    private readonly maxOnDemand: number,
    private readonly ports: CoalescerPorts,
  ) {
    this.resolved = resolveCoalescerOptions(defaults, 'coalescing');
    // Which names it takes depends on who came when: what other processes call so is something else.
    this.overflow = this.create('overflow', { ...this.resolved, scope: 'process' });
  }

  /**
   * Makes the coalescer `name` and keeps it, or returns the one declared so before.
   *
   * @param options how it differs from the defaults; left out: as declared before, or not at all
   * @throws InvalidOptionError · Error if it was declared with other options
   */
  declare(name: string, options?: CoalescerOptions): Coalescer {
    demandName(name);
    const known = this.declared.get(name);
    if (known && !options) return known;
    const resolved = this.resolve(name, options);
    if (!known) {
      const coalescer = this.create(name, resolved);
      this.declared.set(name, coalescer);
      return coalescer;
    }
    if (JSON.stringify(known.options) !== JSON.stringify(resolved)) {
      throw new Error(
        `Coalescer "${name}" is declared twice, with different options: callers of one key share one ` +
          'flight, so they need one set of options',
      );
    }
    return known;
  }

  /**
   * The coalescer `name`: as declared, or else made on demand, and then counted under `family`.
   * @throws InvalidOptionError
   */
  get(name: string, family: string): CoalescerLike {
    const declared = this.declared.get(name);
    if (declared) return declared;
    const place = this.onDemand.get(name);
    if (place) {
      this.byUse.moveToEnd(place);
      return place.member;
    }
    demandName(name);
    if (!this.hasRoom()) return new OverflowCoalescer(name, this.overflow);
    const coalescer = this.create(name, this.resolved, family);
    this.onDemand.set(name, this.byUse.add(coalescer));
    return coalescer;
  }

  /** The options of the coalescer `name`, or those it would be made with. */
  optionsOf(name: string): ResolvedCoalescerOptions {
    return this.declared.get(name)?.options ?? this.resolved;
  }

  /** All coalescers, the overflow one last. */
  all(): Coalescer[] {
    return [...this.declared.values(), ...this.byUse.values(), this.overflow];
  }

  /** The sum of all counters, of coalescers that have made room too. */
  counters(): CoalescerCounters {
    return sumCounters([...this.families().values()].map(({ counters }) => counters));
  }

  /** What is counted under each family: no name of one made on demand is among them. */
  families(): Map<string, CoalescerFamily> {
    const families = new Map<string, CoalescerFamily>();
    const add = (family: string, { counters, flights, stuck }: CoalescerFamily): void => {
      const before = families.get(family);
      families.set(family, {
        counters: before ? sumCounters([before.counters, counters]) : counters,
        flights: (before?.flights ?? 0) + flights,
        stuck: (before?.stuck ?? 0) + stuck,
      });
    };
    for (const coalescer of this.all()) {
      const { family, size: flights, stuck } = coalescer;
      add(family, { counters: coalescer.counters(), flights, stuck });
    }
    for (const [family, counters] of this.evicted) add(family, { counters, flights: 0, stuck: 0 });
    return families;
  }

  /** Closes all coalescers, and those still to come. */
  close(reason?: unknown): void {
    this.closed = true;
    for (const coalescer of this.all()) coalescer.close(reason);
  }

  private hasRoom(): boolean {
    if (this.onDemand.size < this.maxOnDemand) return true;
    for (let tries = EVICTION_TRIES; tries > 0; tries--) {
      const unused = this.byUse.first as Coalescer;
      const place = this.onDemand.get(unused.name) as Place<Coalescer>;
      if (unused.size === 0) {
        this.onDemand.delete(unused.name);
        this.byUse.delete(place);
        const before = this.evicted.get(unused.family);
        const counters = unused.counters();
        this.evicted.set(unused.family, before ? sumCounters([before, counters]) : counters);
        return true;
      }
      // Busy: it counts as just used, so that the next search looks at others.
      this.byUse.moveToEnd(place);
    }
    return false;
  }

  private resolve(name: string, options?: CoalescerOptions): ResolvedCoalescerOptions {
    const given = Object.entries(options ?? {}).filter(([, value]) => value !== undefined);
    return resolveCoalescerOptions(
      { ...this.defaults, ...Object.fromEntries(given) },
      `coalescers.${name}`,
    );
  }

  private create(name: string, options: CoalescerOptions, family?: string): Coalescer {
    const coalescer = new Coalescer(name, options, this.ports, family);
    if (this.closed) coalescer.close();
    return coalescer;
  }
}

function demandName(name: unknown): void {
  if (typeof name === 'string') return;
  const expected = "text, such as 'prices' (for the default coalescer, ask the service itself)";
  throw new InvalidOptionError('coalescer().name', name, expected);
}

/** Adds up the counters of several coalescers, at least one. */
export function sumCounters(all: readonly CoalescerCounters[]): CoalescerCounters {
  const sum = { ...all[0] } as Record<keyof CoalescerCounters, number>;
  for (const counters of all.slice(1)) {
    for (const [name, count] of Object.entries(counters)) {
      sum[name as keyof CoalescerCounters] += count as number;
    }
  }
  return sum;
}

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

  get family(): string {
    return this.shared.family;
  }

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

  joinOpen(flight: Parameters<Coalescer['joinOpen']>[0]): Promise<unknown> | undefined {
    return this.shared.joinOpen(flight);
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

  flights(options?: FlightsOptions): FlightInfo[] {
    return this.shared.flights(options);
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
