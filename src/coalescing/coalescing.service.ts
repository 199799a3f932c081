import { channel } from 'node:diagnostics_channel';
import { Inject, Injectable, Optional } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { runtimeOf, text } from '../ground/index.js';
import { EventHub } from '../module-options/index.js';
import { CoalescerRegistry } from './coalescer-registry.js';
import type { CoalescerFamily, CoalescerLike } from './coalescer-registry.js';
import { COALESCING_MODULE_OPTIONS, COALESCING_OPTIONS } from './coalescing.options.js';
import type { CoalescingModuleOptions } from './coalescing.options.js';
import {
  COALESCING_CHANNEL,
  DEFAULT_COALESCER,
  FLIGHT_SHARING,
  ON_DEMAND_FAMILY,
} from './coalescing.tokens.js';
import { SYSTEM_PORTS } from './create-coalescer.js';
import type {
  AloneOptions,
  Coalescer,
  CoalescerCounters,
  CoalescerOptions,
  FlightEvent,
  FlightEvents,
  FlightInfo,
  FlightSharing,
  FlightsOptions,
  Loader,
  ResolvedCoalescerOptions,
  RunOptions,
  ValueSharing,
} from './kernel/index.js';

/** What {@link CoalescingService.report} says. */
export interface CoalescingReport {
  /** Flights under way, in all coalescers. */
  flights: number;
  /** Loaders that still run although their flight's deadline has passed. */
  stuck: number;
  /** How many coalescers there are. */
  coalescers: number;
  /** Those with flights or stuck loaders, at most twenty, the most stuck first. */
  busy: BusyCoalescer[];
}

/** One line of {@link CoalescingReport.busy}. */
export interface BusyCoalescer {
  name: string;
  flights: number;
  stuck: number;
}

/** How one flight ended. */
export type LandedEvent = Extract<FlightEvent, { readonly type: 'landed' }>;

/** How many coalescers a report names. */
const MAX_REPORTED = 20;

/** Runs calls in the default coalescer, and hands out all others. */
@Injectable()
export class CoalescingService implements OnApplicationShutdown {
  /** The coalescer that {@link run} runs calls in. */
  readonly default: Coalescer;

  private readonly registry: CoalescerRegistry;
  private readonly events = new CoalescingEvents();

  /** @throws InvalidOptionError for an option that cannot work */
  constructor(
    @Optional() @Inject(COALESCING_OPTIONS) options: CoalescingModuleOptions = {},
    @Optional() @Inject(FLIGHT_SHARING) sharing?: FlightSharing,
  ) {
    COALESCING_MODULE_OPTIONS.check(options, 'coalescing');
    const { coalescers = {}, maxCoalescers = 1_000, ...rest } = options;
    const { clock, scheduler, ...defaults } = rest;
    const runtime = runtimeOf({ clock, scheduler });
    const ports = { ...SYSTEM_PORTS, ...runtime, events: this.events, sharing };
    this.registry = new CoalescerRegistry(defaults, maxCoalescers, ports);
    this.default = this.registry.declare(DEFAULT_COALESCER);
    for (const [name, own] of Object.entries(coalescers)) this.registry.declare(name, own);
  }

  /** {@link Coalescer.options} of the default coalescer. */
  get options(): ResolvedCoalescerOptions {
    return this.default.options;
  }

  /** {@link Coalescer.run} of the default coalescer. */
  run<T>(key: string, load: Loader<T>, options?: RunOptions): Promise<T> {
    return this.default.run(key, load, options);
  }

  /** {@link Coalescer.runAlone} of the default coalescer. */
  runAlone<T>(load: Loader<T>, options?: AloneOptions): Promise<T> {
    return this.default.runAlone(load, options);
  }

  /** {@link Coalescer.forget} of the default coalescer. */
  forget(key: string): boolean {
    return this.default.forget(key);
  }

  /** {@link Coalescer.forgetAll} of the default coalescer. */
  forgetAll(): number {
    return this.default.forgetAll();
  }

  /** {@link Coalescer.flights} of the default coalescer. */
  flights(options?: FlightsOptions): FlightInfo[] {
    return this.default.flights(options);
  }

  /** {@link Coalescer.size} of the default coalescer. */
  get size(): number {
    return this.default.size;
  }

  /** {@link Coalescer.valueSharing} of the default coalescer. */
  get valueSharing(): ValueSharing {
    return this.default.valueSharing;
  }

  /**
   * The coalescer `name`: the declared one, or else one made on demand with the default's options. Ask
   * for it each time: one made on demand makes room for others when it has no flights.
   *
   * A name that comes from requests (an id, a region, a tenant) wants a prefix, so that it can never be
   * the name of a declared coalescer.
   *
   * @param family under which it is counted together with others of its kind, if it was not declared: a
   * name of your own, never one from a request
   *
   * @example
   * this.coalescing.coalescer(`tenant:${tenant}`, 'tenants').run(key, load);
   */
  coalescer(name: string, family: string = ON_DEMAND_FAMILY): CoalescerLike {
    if (typeof family !== 'string') text.check(family, 'coalescer()', 'family');
    return this.registry.get(name, family);
  }

  /** How far the flights of the coalescer `name` reach; nothing is made. Without a name the default's. */
  scopeOf(name?: string): ResolvedCoalescerOptions['scope'] {
    return this.registry.optionsOf(name ?? DEFAULT_COALESCER).scope;
  }

  /**
   * Makes the coalescer `name`, which then stays. Declaring it again in the same way is harmless.
   *
   * @param options how it differs from the default coalescer
   * @throws InvalidOptionError · Error if it was declared with other options
   */
  declare(name: string, options?: CoalescerOptions): Coalescer {
    return this.registry.declare(name, options);
  }

  /** Every coalescer there is, the default one first. */
  all(): Coalescer[] {
    return this.registry.all();
  }

  /**
   * Totals by what coalescers are counted under: their own name where they were declared, and else their
   * family. There are as many as the application names, whatever requests name; none ever decreases.
   */
  families(): ReadonlyMap<string, CoalescerFamily> {
    return this.registry.families();
  }

  /**
   * Tells `listener` how each flight of these coalescers has ended.
   * @returns what ends the listening
   */
  onLanding(listener: (event: LandedEvent) => void): () => void {
    return this.events.landings.listen(listener);
  }

  /** Totals of all coalescers together. */
  counters(): CoalescerCounters {
    return this.registry.counters();
  }

  /** What is going on in all coalescers, for health and operators. */
  report(): CoalescingReport {
    const all = this.all().map(({ name, size, stuck }) => ({ name, flights: size, stuck }));
    const busy = all
      .filter(({ flights, stuck }) => flights + stuck > 0)
      .sort((a, b) => b.stuck - a.stuck || b.flights - a.flights);
    return {
      flights: busy.reduce((sum, { flights }) => sum + flights, 0),
      stuck: busy.reduce((sum, { stuck }) => sum + stuck, 0),
      coalescers: all.length,
      busy: busy.slice(0, MAX_REPORTED),
    };
  }

  /** Ends what is still in flight; the server has answered its last request by then. */
  onApplicationShutdown(signal?: string): void {
    this.registry.close(signal);
  }
}

/** Tells the process everything while it subscribes, and the application how flights land. */
class CoalescingEvents implements FlightEvents {
  private readonly channel = channel(COALESCING_CHANNEL);
  readonly landings = new EventHub<LandedEvent>(this.channel, 'Coalescing');

  get hasSubscribers(): boolean {
    return this.channel.hasSubscribers;
  }

  get hearsLandings(): boolean {
    return this.landings.hasListeners;
  }

  publish(event: FlightEvent): void {
    if (event.type === 'landed') this.landings.publish(event);
    else this.channel.publish(event);
  }
}
