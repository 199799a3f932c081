import type { FlightResult } from './cache-entry.js';
import type { CacheParts } from './cache-store.js';
import type { CacheLoader } from './load-outcome.js';
import { loadOf } from './load.js';
import type { LookUps } from './look-up.js';
import type { LookUp } from './look-up-options.js';

/** The look-ups of one cache that ask for nothing special. */
export interface PlainLookUps {
  readonly parts: CacheParts;
  readonly lookUps: LookUps;
  /** Makes one, where it turns out to be needed. */
  of(text: string, load: CacheLoader<unknown>, epoch: number): LookUp<unknown>;
}

/**
 * The callers who wait for one flight, want its value and ask for nothing special: most who come to a busy
 * key. Each has a promise and its loader's place in a list. The reactions of a promise run in the order in
 * which they were added, so one serves all of them; with two closures and a look-up each, the collector
 * would copy three times as much while they wait.
 */
export class PlainJoiners {
  private readonly loads: CacheLoader<unknown>[] = [];
  private answered = 0;

  private constructor(
    private readonly plain: PlainLookUps,
    private readonly text: string,
    /** What they wait for. */
    private readonly ending: Promise<unknown>,
    /** Epoch in which they came. */
    private readonly epoch: number,
  ) {}

  /** Joins the flight of `text` that is under way, if it may be joined without more ado. */
  static join<T>(
    plain: PlainLookUps,
    text: string,
    load: CacheLoader<T>,
  ): Promise<unknown> | undefined {
    const { parts } = plain;
    const flight = parts.flights.find(text);
    const leading = flight && loadOf(flight);
    if (!leading || parts.markers.has(text)) return undefined;
    const ending = flight.host.joinOpen(flight);
    if (!ending) return undefined;
    const { now } = parts.context.epochs;
    const { joiners } = leading;
    const known = joiners instanceof PlainJoiners && joiners.ending === ending;
    const own = load as CacheLoader<unknown>;
    if (known && joiners.epoch === now) return joiners.add(own);
    const first = new PlainJoiners(plain, text, ending, now);
    leading.joiners = first;
    return first.add(own);
  }

  private add(load: CacheLoader<unknown>): Promise<unknown> {
    this.loads.push(load);
    return this.ending.then(this.onResult, this.onError);
  }

  private readonly onResult = (ended: unknown): unknown => {
    const result = ended as FlightResult<unknown>;
    const { plain, text, epoch } = this;
    const load = this.next();
    const isPlain = result.kind === 'loaded' && result.epoch >= epoch;
    if (!isPlain) return plain.lookUps.joined(plain.of(text, load, epoch), result);
    plain.parts.telemetry.collapsed(text);
    return result.value;
  };

  private readonly onError = (error: unknown): unknown => {
    const { plain, text, epoch } = this;
    return plain.lookUps.rescue(plain.of(text, this.next(), epoch), error);
  };

  /** The loader of the one whose turn it is. */
  private next(): CacheLoader<unknown> {
    return this.loads[this.answered++] as CacheLoader<unknown>;
  }
}
