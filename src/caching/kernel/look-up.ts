import type { RunOptions } from '../../coalescing/kernel/index.js';
import { hitResult, resultOf, staleResult } from './cache-entry.js';
import type { CacheEntry, CacheResult, FlightResult, StaleBecause } from './cache-entry.js';
import type { CacheParts } from './cache-store.js';
import { isEarlyRefreshDue, isFresh, mayReplaceError, withinStaleWindow } from './freshness.js';
import { Load } from './load.js';
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
  answer<T>(lookUp: LookUp<T>, held: MemoryEntry | undefined): Promise<CacheResult<T>> {
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
      return Promise.resolve(hitResult(entry, now));
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
  private async answerStale<T>(lookUp: LookUp<T>, entry: CacheEntry): Promise<CacheResult<T>> {
    const { key, policy, signal, timeoutMs = Infinity } = lookUp;
    const { backoff, flights } = this.parts;
    if (!backoff.mayTry(key.text)) return this.stale(lookUp, entry, 'error');
    const leads = this.refresh(lookUp, entry);
    const { softTimeoutMs } = policy;
    if (softTimeoutMs === 0) return this.stale(lookUp, entry, 'revalidating', leads);
    try {
      return await this.join(lookUp, Math.min(softTimeoutMs, timeoutMs), leads);
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
    const load = new Load(this.parts, lookUp, { newer: true, inHand });
    // Its failure is nobody's error.
    load.join(REFRESH).catch((error: unknown) => this.account(load, error, false));
    return true;
  }

  /** Through a flight, or by a stale value in its place. */
  private async answerByFlight<T>(lookUp: LookUp<T>): Promise<CacheResult<T>> {
    try {
      return await this.join(lookUp, lookUp.timeoutMs);
    } catch (error) {
      return this.rescue(lookUp, error);
    }
  }

  /** @param leads the flight was started on behalf of this look-up */
  private async join<T>(
    lookUp: LookUp<T>,
    timeoutMs: number | undefined,
    leads = false,
  ): Promise<CacheResult<T>> {
    const { parts } = this;
    const { key, signal, waitMaxMs } = lookUp;
    // None where there is nothing to say: coalescers have a shorter way for such callers.
    const asksFor = signal ?? timeoutMs ?? waitMaxMs;
    const options = asksFor === undefined ? undefined : { signal, timeoutMs, waitMaxMs };
    let solo = parts.markers.has(key.text);
    let flights = 0;
    let again: boolean;
    let led: boolean;
    let result: FlightResult<T>;
    do {
      flights++;
      const load = new Load(parts, lookUp, { solo });
      const until = timeoutMs === undefined ? Infinity : this.now + timeoutMs;
      try {
        result = await load.join(options);
      } catch (error) {
        this.account(load, error, signal?.aborted === true || this.now >= until);
        throw error;
      }
      led = load.begun || leads;
      const isOthers = result.kind === 'unshared' && !led;
      again = isOthers || (!led && flights < MAX_FLIGHTS && this.isOfNoUse(lookUp, result));
      if (again) solo = isOthers || flights === MAX_FLIGHTS - 1;
    } while (again);
    return this.serve(lookUp, result, led, solo);
  }

  /**
   * A failure of the flight itself (its timeout, an overload) counts as a failed refresh, like one of the
   * loader.
   *
   * @param left the caller has, and the flight has not failed
   */
  private account<T>({ begun, accounted, lookUp }: Load<T>, error: unknown, left: boolean): void {
    if (!begun || accounted || left) return;
    const { backoff, store, telemetry } = this.parts;
    const { policy, backend } = lookUp;
    const { text } = lookUp.key;
    if (!store.memory.find(text)) return;
    const pauseMs = backoff.failed(text, policy.refreshBackoff, error);
    telemetry.refreshFailed(text, backend, error, pauseMs);
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
  ): CacheResult<T> | Promise<CacheResult<T>> {
    const { telemetry } = this.parts;
    const { now } = this;
    switch (result.kind) {
      case 'found':
        return this.serveFound(lookUp, result);
      case 'rescued':
        telemetry.stale(lookUp.key.text, 'error');
        if (led) telemetry.answeredAndCalled();
        return resultOf(result, now, 'stale', 'error');
      default:
        if (led && solo) telemetry.passed();
        if (led) telemetry.miss(lookUp.key.text);
        else telemetry.collapsed(lookUp.key.text);
        return resultOf(result, now, led ? 'miss' : 'collapsed');
    }
  }

  /** What a tier had; stale, it is refreshed behind, or the caller waits a short while. */
  private serveFound<T>(
    lookUp: LookUp<T>,
    found: FlightResult<T>,
  ): CacheResult<T> | Promise<CacheResult<T>> {
    const { store, telemetry } = this.parts;
    const { key, policy } = lookUp;
    const { now } = this;
    const entry = store.memory.find(key.text)?.entry;
    const waits = entry !== undefined && policy.softTimeoutMs > 0;
    if (waits && !isFresh(entry, now)) return this.answerStale(lookUp, entry);
    const { tier = 'memory' } = found;
    if (isFresh(found, now)) {
      telemetry.found('foundFresh', tier);
      return resultOf(found, now, 'hit');
    }
    if (this.refresh(lookUp, entry)) telemetry.answeredAndCalled();
    telemetry.found('foundStale', tier);
    telemetry.stale(key.text, 'revalidating');
    return resultOf(found, now, 'stale', 'revalidating');
  }

  /** What a flight could not give, a stale value may: unless the caller itself has left. */
  private rescue<T>(lookUp: LookUp<T>, error: unknown, called = false): CacheResult<T> {
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
    { key }: LookUp<T>,
    entry: CacheEntry,
    because: StaleBecause,
    called = false,
  ): CacheResult<T> {
    const { telemetry } = this.parts;
    if (called) telemetry.answeredAndCalled();
    telemetry.stale(key.text, because);
    return staleResult(entry, this.now, because);
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
