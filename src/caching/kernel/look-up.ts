import type { FlightContext, RunOptions } from '../../coalescing/kernel/index.js';
import { hitResult, resultOf, valueFor } from './cache-entry.js';
import type {
  CacheEntry,
  CacheResult,
  FlightResult,
  ServedAs,
  StaleBecause,
} from './cache-entry.js';
import type { CacheParts } from './cache-store.js';
import { isEarlyRefreshDue, isFresh, mayReplaceError, withinStaleWindow } from './freshness.js';
import { ANYTHING, Load } from './load.js';
import type { LookUp } from './look-up-options.js';
import type { MemoryEntry } from './memory-tier.js';

/** Of a flight that nobody waits for. */
const REFRESH: RunOptions = Object.freeze({ keepAlive: true });

/** Flights that one look-up joins at most; the last is its own. */
const MAX_FLIGHTS = 3;

/** Answers the look-ups of one cache: from memory at once, or else through a flight. */
export class LookUps {
  constructor(private readonly parts: CacheParts) {}

  /**
   * Whether what memory holds is fresh, so that it answers a look-up, unless an early refresh is due:
   * somebody with a loader has to come. Counts as use.
   */
  isHit(held: MemoryEntry, earlyRefresh: number): boolean {
    const { context, store, telemetry } = this.parts;
    const now = context.hitTime;
    if (!isFresh(held.entry, now)) return false;
    if (earlyRefresh > 0 && this.isRefreshDrawn(held, earlyRefresh, now)) return false;
    // The order of use to the millisecond will do: keeping it costs half of a hit.
    if (held.usedAt !== now) {
      held.usedAt = now;
      store.memory.touch(held);
    }
    telemetry.hit(held.key);
    return true;
  }

  /** The result for a fresh value in memory. */
  hit<T>(held: MemoryEntry): CacheResult<T> {
    return hitResult(held.entry, this.parts.context.hitTime);
  }

  /** Answers a look-up for which memory holds nothing, or what is no {@link isHit}. */
  answer<T>(lookUp: LookUp<T>, held: MemoryEntry | undefined): Promise<unknown> {
    if (held === undefined) return this.answerByFlight(lookUp);
    const { store, telemetry, backoff } = this.parts;
    const { entry, key } = held;
    const { now } = this;
    const standsIn = mayReplaceError(entry, now) && !backoff.mayTry(key);
    if (lookUp.revalidate) {
      return standsIn
        ? Promise.resolve(this.stale(lookUp, entry, 'error'))
        : this.answerByFlight(lookUp);
    }
    if (isFresh(entry, now)) {
      held.refreshDrawn = false;
      if (this.refresh(lookUp, entry)) telemetry.answeredAndCalled();
      store.memory.touch(held);
      telemetry.hit(key);
      return Promise.resolve(this.held(lookUp, entry, now));
    }
    if (withinStaleWindow(entry, now)) {
      store.memory.touch(held);
      return this.answerStale(lookUp, entry);
    }
    if (standsIn) {
      return Promise.resolve(this.stale(lookUp, entry, 'error'));
    }
    return this.answerByFlight(lookUp);
  }

  private get now(): number {
    return this.parts.context.ports.clock.monotonic();
  }

  /** Stale at once and a refresh behind, or a short wait for something fresh. */
  private async answerStale<T>(lookUp: LookUp<T>, entry: CacheEntry): Promise<unknown> {
    const { key, policy, signal, timeoutMs = Infinity } = lookUp;
    const { backoff, flights } = this.parts;
    if (!backoff.mayTry(key.text)) return this.stale(lookUp, entry, 'error');
    const leads = this.refresh(lookUp, entry);
    const { softTimeoutMs } = policy;
    if (softTimeoutMs === 0) return this.stale(lookUp, entry, 'revalidating', leads);
    try {
      return await this.join(lookUp, Math.min(softTimeoutMs, timeoutMs), rethrow, { leads });
    } catch (error) {
      if (signal?.aborted) throw error;
      // Waiting may have taken it beyond its window.
      if (withinStaleWindow(entry, this.now)) {
        return this.stale(lookUp, entry, 'revalidating', leads);
      }
      if (timeoutMs <= softTimeoutMs || !flights.find(key.text)) {
        return this.rescue(lookUp, error, leads);
      }
      return this.answerByFlight({ ...lookUp, timeoutMs: timeoutMs - softTimeoutMs });
    }
  }

  /**
   * Starts a refresh that nobody waits for, unless one is under way or the last one failed lately.
   * Whether it did.
   */
  private refresh<T>(lookUp: LookUp<T>, inHand: CacheEntry | undefined): boolean {
    const { backoff, flights, telemetry } = this.parts;
    const { text } = lookUp.key;
    if (flights.find(text) || !backoff.mayTry(text)) return false;
    telemetry.refresh(text);
    let load: Load<T> | undefined;
    const begin = (flight: FlightContext) => {
      load = new Load(this.parts, lookUp, { newer: true, inHand }, flight);
      return load.run();
    };
    const ending = lookUp.coalescer.join(flights, text, begin, REFRESH);
    // Its failure is nobody's error.
    ending.catch((error: unknown) => this.account(load, error, false));
    return true;
  }

  /** Through a flight, or by a stale value in its place. */
  private answerByFlight<T>(lookUp: LookUp<T>): Promise<unknown> {
    const { flights, markers } = this.parts;
    const { key, timeoutMs } = lookUp;
    const leads = flights.find(key.text) === undefined && !markers.has(key.text);
    if (leads && isPatient(lookUp, timeoutMs)) return this.lead(lookUp);
    return this.join(lookUp, timeoutMs, (error) => this.rescue(lookUp, error));
  }

  /** {@link join} where there is no flight, for a caller who stays: most misses, so it makes little. */
  private lead<T>(lookUp: LookUp<T>): Promise<unknown> {
    const { parts } = this;
    let load: Load<T> | undefined;
    const begin = (flight: FlightContext) => {
      load = new Load(parts, lookUp, ANYTHING, flight);
      return load.run();
    };
    return lookUp.coalescer.join(parts.flights, lookUp.key.text, begin).then(
      (result) => (load ? this.serve(lookUp, result, true, false) : this.joined(lookUp, result)),
      (error: unknown) => {
        this.account(load, error, false);
        return this.rescue(lookUp, error);
      },
    );
  }

  /** Answers a look-up that has joined a flight, and asked for nothing special, from its result. */
  joined<T>(lookUp: LookUp<T>, result: FlightResult<T>): unknown {
    const another = this.another(lookUp, result, 1);
    if (another === undefined) return this.serve(lookUp, result, false, false);
    const instead = (error: unknown) => this.rescue(lookUp, error);
    return this.join(lookUp, undefined, instead, { flights: 2, solo: another === 'alone' });
  }

  /**
   * Waits for a flight that others may be on, and calls for it if there is none.
   *
   * @param instead what becomes of an error
   * @param leads the flight was started on behalf of this look-up
   * @param flights which one it is of this look-up
   * @param solo it is a call beside those of others
   */
  private join<T>(
    lookUp: LookUp<T>,
    timeoutMs: number | undefined,
    instead: (error: unknown) => unknown,
    { leads = false, flights = 1, solo = this.parts.markers.has(lookUp.key.text) } = {},
  ): Promise<unknown> {
    const { parts } = this;
    const { coalescer, key, signal, waitMaxMs } = lookUp;
    // None where there is nothing to say: coalescers have a shorter way for such callers.
    const options = isPatient(lookUp, timeoutMs) ? undefined : { signal, timeoutMs, waitMaxMs };
    const until = timeoutMs === undefined ? Infinity : this.now + timeoutMs;
    // Made for who leads: whoever joins waits for the load of another one.
    let load: Load<T> | undefined;
    const begin = (flight: FlightContext) => {
      load = new Load(parts, lookUp, { solo }, flight);
      return load.run();
    };
    const ending = solo
      ? coalescer.runAlone(begin, options)
      : coalescer.join(parts.flights, key.text, begin, options);
    return ending.then(
      (result) => {
        const led = load !== undefined || leads;
        const another = led ? undefined : this.another(lookUp, result, flights);
        if (another === undefined) return this.serve(lookUp, result, led, solo);
        const next = { flights: flights + 1, solo: another === 'alone' };
        return this.join(lookUp, timeoutMs, instead, next);
      },
      (error: unknown) => {
        this.account(load, error, signal?.aborted === true || this.now >= until);
        return instead(error);
      },
    );
  }

  /**
   * A failure of the flight itself (its timeout, an overload) counts as a failed refresh, like one of the
   * loader.
   *
   * @param left the caller has, and the flight has not failed
   */
  private account<T>(load: Load<T> | undefined, error: unknown, left: boolean): void {
    if (!load || load.accounted || left) return;
    const { lookUp } = load;
    const { backoff, store, telemetry } = this.parts;
    const { policy, backend } = lookUp;
    const { text } = lookUp.key;
    if (!store.memory.find(text)) return;
    const pauseMs = backoff.failed(text, policy.refreshBackoff, error);
    telemetry.refreshFailed(text, backend, error, pauseMs);
  }

  /** What a joiner needs beside the result that its flight has come to: a flight of its own, or another one. */
  private another<T>(
    lookUp: LookUp<T>,
    result: FlightResult<T>,
    flights: number,
  ): 'alone' | 'shared' | undefined {
    if (result.kind === 'unshared') return 'alone';
    if (flights === MAX_FLIGHTS || !this.isOfNoUse(lookUp, result)) return undefined;
    return flights === MAX_FLIGHTS - 1 ? 'alone' : 'shared';
  }

  /**
   * A flight that began before this look-up brought what was invalidated before this look-up; or one of
   * others has found what this look-up is to have confirmed.
   */
  private isOfNoUse<T>(lookUp: LookUp<T>, result: FlightResult<T>): boolean {
    const { key, epoch, revalidate } = lookUp;
    const { tags, version, kind } = result;
    if (revalidate && kind === 'found') return true;
    return result.epoch < epoch && this.parts.store.isRevoked(key, tags, result.epoch, version);
  }

  private serve<T>(
    lookUp: LookUp<T>,
    result: FlightResult<T>,
    led: boolean,
    solo: boolean,
  ): unknown {
    const { telemetry } = this.parts;
    switch (result.kind) {
      case 'found':
        return this.serveFound(lookUp, result);
      case 'rescued':
        telemetry.stale(lookUp.key.text, 'error');
        if (led) telemetry.answeredAndCalled();
        return this.brought(lookUp, result, 'stale', 'error');
      default:
        if (led && solo) telemetry.passed();
        if (led) telemetry.miss(lookUp.key.text);
        else telemetry.collapsed(lookUp.key.text);
        return this.brought(lookUp, result, led ? 'miss' : 'collapsed');
    }
  }

  /** What a tier had; stale, it is refreshed behind, or the caller waits a short while. */
  private serveFound<T>(lookUp: LookUp<T>, found: FlightResult<T>): unknown {
    const { store, telemetry } = this.parts;
    const { key, policy } = lookUp;
    const { now } = this;
    const entry = store.memory.find(key.text)?.entry;
    const waits = entry !== undefined && policy.softTimeoutMs > 0;
    if (waits && !isFresh(entry, now)) return this.answerStale(lookUp, entry);
    const { tier = 'memory' } = found;
    if (isFresh(found, now)) {
      telemetry.found('foundFresh', tier);
      return this.brought(lookUp, found, 'hit');
    }
    if (this.refresh(lookUp, entry)) telemetry.answeredAndCalled();
    telemetry.found('foundStale', tier);
    telemetry.stale(key.text, 'revalidating');
    return this.brought(lookUp, found, 'stale', 'revalidating');
  }

  /** What a flight could not give, a stale value may: unless the caller itself has left. */
  rescue<T>(lookUp: LookUp<T>, error: unknown, called = false): unknown {
    const { store, telemetry } = this.parts;
    const entry = store.memory.find(lookUp.key.text)?.entry;
    if (entry && lookUp.signal?.aborted !== true && mayReplaceError(entry, this.now)) {
      return this.stale(lookUp, entry, 'error', called);
    }
    telemetry.error();
    throw error;
  }

  /** @param called this look-up has started a refresh */
  private stale<T>(
    lookUp: LookUp<T>,
    entry: CacheEntry,
    because: StaleBecause,
    called = false,
  ): unknown {
    const { telemetry } = this.parts;
    if (called) telemetry.answeredAndCalled();
    telemetry.stale(lookUp.key.text, because);
    return this.held(lookUp, entry, this.now, because);
  }

  /** What the caller gets of an entry in memory. */
  private held<T>(
    { wants }: LookUp<T>,
    entry: CacheEntry,
    now: number,
    staleBecause?: StaleBecause,
  ): unknown {
    return wants === 'value' ? valueFor(entry) : hitResult<T>(entry, now, staleBecause);
  }

  /** What the caller gets of what a flight has come to. */
  private brought<T>(
    { wants }: LookUp<T>,
    result: FlightResult<T>,
    served: ServedAs,
    staleBecause?: StaleBecause,
  ): unknown {
    return wants === 'value' ? result.value : resultOf(result, this.now, served, staleBecause);
  }

  /** Drawn once by whoever comes, and remembered until somebody has carried it out. */
  private isRefreshDrawn(held: MemoryEntry, beta: number, now: number): boolean {
    if (held.refreshDrawn) return true;
    const { context, backoff, flights } = this.parts;
    const { entry, key } = held;
    const due = isEarlyRefreshDue(entry, entry.loadMs, beta, now, context.ports.random);
    held.refreshDrawn = due && flights.find(key) === undefined && backoff.mayTry(key);
    return held.refreshDrawn;
  }
}

/** Whether its caller waits however long it takes. */
function isPatient(
  { signal, waitMaxMs }: Pick<LookUp<unknown>, 'signal' | 'waitMaxMs'>,
  timeoutMs: number | undefined,
): boolean {
  return signal === undefined && timeoutMs === undefined && waitMaxMs === undefined;
}

function rethrow(error: unknown): never {
  throw error;
}
