import type { FlightInfo } from '../../coalescing/kernel/index.js';
import type { EntryKey } from './cache-key.js';
import type { CacheParts } from './cache-store.js';
import { ageMs, isExpired, isFresh, withinStaleWindow } from './freshness.js';
import type { Lifetime } from './freshness.js';

/** A value that a tier holds. */
export interface HeldValue {
  /** `memory`, or the name of a tier below. */
  readonly tier: string;
  readonly state: 'fresh' | 'stale' | 'for errors alone' | 'expired';
  /** Since its birth at the backend, in milliseconds. */
  readonly ageMs: number;
  /** Total ages up to which it is fresh, may be served stale, and may replace an error. */
  readonly freshMs: number;
  readonly staleMs: number;
  readonly staleIfErrorMs: number;
  readonly tags: readonly string[];
}

/** What a look-up of a key would come to now. */
export type NextLookUp =
  | 'hit'
  | 'stale, refreshed behind'
  | 'stale, as the last refresh has failed lately'
  | 'joins the flight under way'
  | 'calls the backend';

/** All that is known of one key in this process, for who wants to know why it is answered as it is. */
export interface KeyReport {
  readonly cache: string;
  /** Its text. */
  readonly key: string;
  readonly next: NextLookUp;
  /** In the order in which the tiers are asked. */
  readonly held: readonly HeldValue[];
  /** The flight that can be joined. */
  readonly flight?: FlightInfo;
  /** Whether the last refresh has failed, and the pause after it lasts. */
  readonly isRefreshPaused: boolean;
  /** Whether its callers make calls of their own, as its last value was one caller's alone. */
  readonly isPassed: boolean;
}

/** Looks at everything there is of `key`, and changes nothing. */
export async function reportKey(
  cache: string,
  parts: CacheParts,
  key: EntryKey,
): Promise<KeyReport> {
  const { context, store, flights, backoff, markers } = parts;
  const { text } = key;
  const below = await context.tiers.look(cache, key.stored);
  const now = context.ports.clock.monotonic();
  const inMemory = store.memory.find(text)?.entry;
  const held = [
    ...(inMemory ? [heldIn('memory', inMemory, inMemory.tags, now)] : []),
    ...below.map(({ tier, record, ageMs }) =>
      heldIn(tier.name, { ...record, bornAt: now - ageMs }, record.tags, now),
    ),
  ];
  const flight = flights.find(text);
  const isRefreshPaused = !backoff.mayTry(text);
  return {
    ...{ cache, key: text, next: nextOf(held, flight !== undefined, isRefreshPaused) },
    held,
    ...(flight && { flight: flight.describe(now, false) }),
    isRefreshPaused,
    isPassed: markers.has(text),
  };
}

function heldIn(tier: string, lifetime: Lifetime, tags: readonly string[], now: number): HeldValue {
  const { freshMs, staleMs, staleIfErrorMs } = lifetime;
  const state = stateOf(lifetime, now);
  return { tier, state, ageMs: ageMs(lifetime, now), freshMs, staleMs, staleIfErrorMs, tags };
}

function stateOf(lifetime: Lifetime, now: number): HeldValue['state'] {
  if (isExpired(lifetime, now)) return 'expired';
  if (isFresh(lifetime, now)) return 'fresh';
  return withinStaleWindow(lifetime, now) ? 'stale' : 'for errors alone';
}

/** As the look-up itself decides; memory is asked before the flights, and the tiers below after them. */
function nextOf(held: readonly HeldValue[], hasFlight: boolean, isPaused: boolean): NextLookUp {
  const [first] = held;
  const inMemory = first?.tier === 'memory' ? first : undefined;
  if (inMemory?.state === 'fresh') return 'hit';
  const mayStandIn = inMemory?.state === 'stale' || inMemory?.state === 'for errors alone';
  if (mayStandIn && isPaused) return 'stale, as the last refresh has failed lately';
  if (inMemory?.state === 'stale') return 'stale, refreshed behind';
  if (hasFlight) return 'joins the flight under way';
  if (held.some(({ state }) => state === 'fresh')) return 'hit';
  return held.some(({ state }) => state === 'stale')
    ? 'stale, refreshed behind'
    : 'calls the backend';
}
