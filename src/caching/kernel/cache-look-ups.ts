import type { CacheEntry } from './cache-entry.js';
import { CacheFlights } from './cache-flights.js';
import type { Landing } from './cache-flights.js';
import type { LoadingParts } from './cache-loading.js';
import { flightResult, hitResult, staleResult } from './cache-result.js';
import type { CacheResult, FlightOutcome, StaleBecause } from './cache-result.js';
import type { FlightOptions } from './flight-runner.js';
import { isEarlyRefreshDue, isFresh, mayReplaceError, withinStaleWindow } from './freshness.js';
import type { Inquiry } from './inquiry.js';
import type { MemorySlot } from './memory-tier.js';

/**
 * Flights stay in the process: their keys may be numbered here, and what they end with may be for their
 * leader alone. Processes make one call by the shared tier.
 */
const IN_PROCESS: FlightOptions = Object.freeze({ scope: 'process' });

/** Of a flight that nobody waits for. */
const REFRESH: FlightOptions = Object.freeze({ keepAlive: true, scope: 'process' });

/** Flights that one look-up joins at most; the last is its own. */
const MAX_FLIGHTS = 3;

/** Answers the look-ups of one cache: from memory at once, or else through a flight. */
export class CacheLookUps {
  readonly flights: CacheFlights;

  constructor(private readonly parts: LoadingParts) {
    this.flights = new CacheFlights(parts);
  }

  /** A fresh value in memory, unless an early refresh is due: somebody with a loader has to come. */
  peek<T>(key: string, earlyRefresh: number): CacheResult<T> | undefined {
    const entry = this.fresh(key, earlyRefresh);
    return entry && hitResult(entry, this.parts.room.hitTime);
  }

  /** {@link peek}, for who wants the value alone: nothing is made. */
  fresh(key: string, earlyRefresh: number): CacheEntry | undefined {
    const { store, room, telemetry } = this.parts;
    const slot = store.find(key);
    if (slot === undefined) return undefined;
    const now = room.hitTime;
    if (!isFresh(slot.entry, now)) return undefined;
    if (earlyRefresh > 0 && this.isRefreshDrawn(slot, earlyRefresh, now)) return undefined;
    // The order of use to the millisecond will do: keeping it costs half of a hit.
    if (slot.usedAt !== now) {
      slot.usedAt = now;
      store.touch(slot);
    }
    telemetry.hit(key);
    return slot.entry;
  }

  /** Answers an inquiry that {@link peek} had no answer for. */
  answer<T>(inquiry: Inquiry<T>): Promise<CacheResult<T>> {
    const { store, telemetry } = this.parts;
    const slot = store.find(inquiry.key);
    if (slot) {
      const { entry } = slot;
      const { now } = this;
      if (isFresh(entry, now)) {
        slot.refreshDrawn = false;
        this.refresh(inquiry, entry);
        store.touch(slot);
        telemetry.hit(inquiry.key);
        return Promise.resolve(hitResult(entry, now));
      }
      if (withinStaleWindow(entry, now)) {
        store.touch(slot);
        return this.answerStale(inquiry, entry);
      }
      if (mayReplaceError(entry, now) && !this.parts.backoff.mayTry(inquiry.key)) {
        return Promise.resolve(this.stale(inquiry, entry, 'error'));
      }
    }
    return this.fly(inquiry);
  }

  private get now(): number {
    return this.parts.room.ports.clock.monotonic();
  }

  /** Stale at once and a refresh behind, or a short wait for something fresh. */
  private async answerStale<T>(inquiry: Inquiry<T>, entry: CacheEntry): Promise<CacheResult<T>> {
    const { key, policy, signal, timeoutMs = Infinity } = inquiry;
    if (!this.parts.backoff.mayTry(key)) return this.stale(inquiry, entry, 'error');
    const leads = this.refresh(inquiry, entry);
    const { softTimeoutMs } = policy;
    if (softTimeoutMs === 0) return this.stale(inquiry, entry, 'revalidating');
    try {
      return await this.board(inquiry, Math.min(softTimeoutMs, timeoutMs), leads);
    } catch (error) {
      if (signal?.aborted) throw error;
      // Waiting may have taken it beyond its window.
      if (withinStaleWindow(entry, this.now)) return this.stale(inquiry, entry, 'revalidating');
      if (timeoutMs <= softTimeoutMs || !this.flights.has(key)) return this.rescue(inquiry, error);
      return this.fly({ ...inquiry, timeoutMs: timeoutMs - softTimeoutMs });
    }
  }

  /**
   * Starts a refresh that nobody waits for, unless one is under way or the last one failed lately.
   * Whether it did.
   */
  private refresh<T>(inquiry: Inquiry<T>, inHand: CacheEntry | undefined): boolean {
    const { backoff, telemetry } = this.parts;
    if (this.flights.has(inquiry.key) || !backoff.mayTry(inquiry.key)) return false;
    telemetry.refresh(inquiry.key);
    // Its failure has been taken into account, and is nobody's error.
    this.flights.run(inquiry, { newer: true, inHand }, REFRESH).catch(() => undefined);
    return true;
  }

  /** Through a flight, or by a stale value in its place. */
  private async fly<T>(inquiry: Inquiry<T>): Promise<CacheResult<T>> {
    try {
      return await this.board(inquiry, inquiry.timeoutMs);
    } catch (error) {
      return this.rescue(inquiry, error);
    }
  }

  /** @param leads the flight was started on behalf of this inquiry */
  private async board<T>(
    inquiry: Inquiry<T>,
    timeoutMs: number | undefined,
    leads = false,
  ): Promise<CacheResult<T>> {
    const { markers, store, telemetry } = this.parts;
    const { key, signal } = inquiry;
    // The same where there is nothing more to say: runners may have a shorter way for such callers.
    const options: FlightOptions =
      signal || timeoutMs !== undefined ? { signal, timeoutMs, scope: 'process' } : IN_PROCESS;
    let solo = markers.has(key);
    for (let flights = 1; ; flights++) {
      const landing = await this.flights.run(inquiry, { solo }, options);
      const { outcome } = landing;
      const led = landing.led || leads;
      if (outcome.kind === 'unshared' && !led) {
        solo = true;
      } else if (!led && flights < MAX_FLIGHTS && this.isTooOld(inquiry, landing)) {
        solo = flights === MAX_FLIGHTS - 1;
      } else {
        if (solo) telemetry.passed();
        const entry = outcome.kind === 'found' ? store.find(key)?.entry : undefined;
        const waits = entry !== undefined && inquiry.policy.softTimeoutMs > 0;
        if (waits && !isFresh(entry, this.now)) return this.answerStale(inquiry, entry);
        return this.land(inquiry, outcome, led, entry);
      }
    }
  }

  /** A flight that began before this inquiry brought what was invalidated before this inquiry. */
  private isTooOld<T>({ key, epoch }: Inquiry<T>, { outcome }: Landing<T>): boolean {
    const { tags, version } = outcome;
    return outcome.epoch < epoch && this.parts.store.isRevoked(key, tags, outcome.epoch, version);
  }

  private land<T>(
    inquiry: Inquiry<T>,
    outcome: FlightOutcome<T>,
    led: boolean,
    entry: CacheEntry | undefined,
  ): CacheResult<T> {
    const { telemetry } = this.parts;
    const { key } = inquiry;
    const { now } = this;
    switch (outcome.kind) {
      case 'found':
        if (isFresh(outcome, now)) return flightResult(outcome, now, 'hit');
        this.refresh(inquiry, entry);
        telemetry.stale(key, 'revalidating');
        return flightResult(outcome, now, 'stale', 'revalidating');
      case 'rescued':
        telemetry.stale(key, 'error');
        return flightResult(outcome, now, 'stale', 'error');
      default:
        if (led) telemetry.miss(key);
        else telemetry.collapsed(key);
        return flightResult(outcome, now, led ? 'miss' : 'collapsed');
    }
  }

  /** What a flight could not give, a stale value may: unless the caller itself has left. */
  private rescue<T>(inquiry: Inquiry<T>, error: unknown): CacheResult<T> {
    const entry = this.parts.store.find(inquiry.key)?.entry;
    if (entry && inquiry.signal?.aborted !== true && mayReplaceError(entry, this.now)) {
      return this.stale(inquiry, entry, 'error');
    }
    this.parts.telemetry.error();
    throw error;
  }

  private stale<T>({ key }: Inquiry<T>, entry: CacheEntry, because: StaleBecause): CacheResult<T> {
    this.parts.telemetry.stale(key, because);
    return staleResult(entry, this.now, because);
  }

  /** Drawn once by whoever comes, and remembered until somebody has carried it out. */
  private isRefreshDrawn(slot: MemorySlot, beta: number, now: number): boolean {
    if (slot.refreshDrawn) return true;
    const { room, backoff } = this.parts;
    const { entry, key } = slot;
    const due = isEarlyRefreshDue(entry, entry.loadMs, beta, now, room.ports.random);
    slot.refreshDrawn = due && !this.flights.has(key) && backoff.mayTry(key);
    return slot.refreshDrawn;
  }
}
