import type { LoadingParts } from './cache-loading.js';
import type { FlightOutcome } from './cache-result.js';
import type { FlightOptions, FlightRunner, RunningFlight } from './flight-runner.js';
import type { Inquiry } from './inquiry.js';
import { loadingOf } from './loading-of.js';
import type { LoadingPurpose } from './loading-purpose.js';

/** How a flight ended for one caller. */
export interface Landing<T> {
  readonly outcome: FlightOutcome<T>;
  /** Whether the flight called this caller's loader. */
  readonly led: boolean;
}

/** A flight that callers of this cache wait for. */
interface Boarding {
  readonly flights: FlightRunner;
  readonly flightKey: string;
  /** What its value will carry, as far as known. */
  readonly tags: readonly string[];
  /** Of the right by which its call is made, where processes share them. */
  version: number | undefined;
  callers: number;
}

/** The flights of one cache, run by whoever its inquiries name. */
export class CacheFlights {
  private readonly boardings = new Map<string, Boarding>();
  private solos = 0;

  constructor(private readonly parts: LoadingParts) {}

  /** Whether a flight of `key` is under way. */
  has(key: string): boolean {
    return this.boardings.has(key);
  }

  /**
   * Joins or starts the flight of the inquiry's key. A failure of the flight itself (its timeout, an
   * overload) counts as a failed refresh, like one of the loader.
   */
  async run<T>(
    inquiry: Inquiry<T>,
    purpose: LoadingPurpose,
    options?: FlightOptions,
  ): Promise<Landing<T>> {
    const { flights, key } = inquiry;
    const boarding = purpose.solo ? undefined : this.board(inquiry);
    const startedAt = this.now;
    const loading = { led: false, accounted: false };
    const load = (flight: RunningFlight) => {
      loading.led = true;
      const listener = {
        failed: () => {
          loading.accounted = true;
        },
        led: (version: number) => {
          if (boarding) boarding.version = version;
        },
      };
      return loadingOf(this.parts, inquiry, purpose, flight, listener).run();
    };
    try {
      const outcome = await (boarding
        ? flights.run(boarding.flightKey, load, options)
        : this.runAlone(inquiry, load, options));
      this.over(key, boarding);
      return { outcome, led: loading.led };
    } catch (error) {
      const { signal, timeoutMs = Infinity } = options ?? {};
      const left = signal?.aborted === true || this.now - startedAt >= timeoutMs;
      if (loading.led && !loading.accounted && !left) this.failed(inquiry, error);
      throw error;
    } finally {
      this.leave(key, boarding);
    }
  }

  /**
   * Makes the flight of `key` unjoinable.
   * @param before a call that is made by the right of this version, or a later one, goes on as it is
   */
  forget(key: string, before = Infinity): void {
    const boarding = this.boardings.get(key);
    if (!boarding || (boarding.version ?? -Infinity) >= before) return;
    this.boardings.delete(key);
    boarding.flights.forget(boarding.flightKey);
  }

  /** {@link forget} for the flights whose value is known to carry `tag`. */
  forgetTag(tag: string, before?: number): void {
    for (const [key, { tags }] of this.boardings) if (tags.includes(tag)) this.forget(key, before);
  }

  /** {@link forget} for all keys. */
  forgetAll(before?: number): void {
    for (const key of [...this.boardings.keys()]) this.forget(key, before);
  }

  private get now(): number {
    return this.parts.room.ports.clock.monotonic();
  }

  private runAlone<T>(
    { flights, key }: Inquiry<T>,
    load: (flight: RunningFlight) => Promise<FlightOutcome<T>>,
    options: FlightOptions | undefined,
  ): Promise<FlightOutcome<T>> {
    if (flights.runAlone) return flights.runAlone(load, options);
    const stored = this.parts.store.storageKey(key);
    return flights.run(`breakwater:solo:${++this.solos}:${stored}`, load, options);
  }

  private board<T>({ key, flights, tags }: Inquiry<T>): Boarding {
    let boarding = this.boardings.get(key);
    if (!boarding) {
      // Runners may serve others too: flights of caches begin with what those will not use.
      const flightKey = `breakwater:cache:${this.parts.store.storageKey(key)}`;
      boarding = { flights, flightKey, tags, version: undefined, callers: 0 };
      this.boardings.set(key, boarding);
    }
    boarding.callers++;
    return boarding;
  }

  private leave(key: string, boarding: Boarding | undefined): void {
    if (!boarding) return;
    boarding.callers--;
    if (boarding.callers === 0) this.over(key, boarding);
  }

  private over(key: string, boarding: Boarding | undefined): void {
    if (this.boardings.get(key) === boarding) this.boardings.delete(key);
  }

  private failed<T>(inquiry: Inquiry<T>, error: unknown): void {
    const { backoff, store, telemetry } = this.parts;
    const { key, policy } = inquiry;
    if (!store.find(key)) return;
    telemetry.refreshFailed(inquiry, error, backoff.failed(key, policy.refreshBackoff, error));
  }
}
