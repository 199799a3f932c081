import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { CACHING_CHANNEL } from '../caching/index.js';
import type { CacheEvent } from '../caching/index.js';
import { COALESCING_CHANNEL } from '../coalescing/index.js';
import type { FlightEvent } from '../coalescing/index.js';
import { CIRCUIT_CALL_CHANNEL } from '../circuit-breaker/index.js';
import type { CircuitCallEvent } from '../circuit-breaker/index.js';
import type { BACKEND_CHANNEL, BackendCallEvent } from '../backend/index.js';
import type { Clock } from '../ground/index.js';
import { MovingCounts, MovingTop } from './kernel/index.js';
import { hotKeyOf, hotKeyText } from './hot-key.js';
import type { HotBackendSnapshot, HotKeySnapshot, TrafficSnapshot } from './snapshot.js';

/** By its type: the client itself needs packages that not every application has. */
const BACKEND: typeof BACKEND_CHANNEL = 'breakwater:backend';

const WINDOW_MS = 60_000;
const SECONDS = WINDOW_MS / 1_000;
/** Of how many of the last seconds the present rate is the mean. */
const RATE_SECONDS = 10;
const KEYS = { windowMs: WINDOW_MS, panes: 6, capacity: 256 };
const BACKENDS = { windowMs: WINDOW_MS, panes: 6, capacity: 64 };

const KINDS = ['made', 'refreshed', 'saved', 'refused'] as const;
type Kind = (typeof KINDS)[number];

/**
 * Counts what the parts of the application tell on their channels, of all applications in the process:
 * calls that were made, saved and refused, what is hot, and which tier has answered. It listens from
 * {@link start} until {@link stop}, and nothing is counted by anybody before or after that.
 */
export class AdminWatch {
  private readonly counts: MovingCounts<Kind>;
  private readonly keys: MovingTop;
  private readonly backends: MovingTop;
  private readonly tierHits = new Map<string, number>();

  constructor(private readonly clock: Clock) {
    this.counts = new MovingCounts(clock, KINDS, SECONDS);
    this.keys = new MovingTop(clock, KEYS);
    this.backends = new MovingTop(clock, BACKENDS);
  }

  start(): void {
    for (const [channel, listener] of this.channels) subscribe(channel, listener);
  }

  stop(): void {
    for (const [channel, listener] of this.channels) unsubscribe(channel, listener);
  }

  /** What was asked for, and what it has cost. */
  traffic(): TrafficSnapshot {
    const { made, refreshed, saved, refused } = this.counts.totals();
    const { by, endedMsAgo } = this.counts.history();
    const requests = by.made.map((_, second) => requestsIn(by, second));
    const rate = (counts: readonly number[]): number =>
      sum(counts.slice(-RATE_SECONDS)) / RATE_SECONDS;
    const all = made - refreshed + saved + refused;
    return {
      totals: { requests: Math.max(0, all), backendCalls: made, saved, refused },
      perSecond: {
        requests: rate(requests),
        backendCalls: rate(by.made),
        saved: rate(by.saved),
        refused: rate(by.refused),
      },
      savedRatio: all > 0 ? Math.min(1, saved / all) : null,
      history: {
        until: Math.round(this.clock.wall() - endedMsAgo),
        requests,
        backendCalls: by.made,
      },
    };
  }

  hotKeys(limit: number): HotKeySnapshot[] {
    return this.keys
      .list(limit)
      .map(({ key, count, error }) => ({ ...hotKeyOf(key), count, error }));
  }

  hotBackends(limit: number): HotBackendSnapshot[] {
    return this.backends.list(limit).map(({ key, ...counted }) => ({ backend: key, ...counted }));
  }

  /** Look-ups that `tier` has answered. */
  hitsOf(tier: string): number {
    return this.tierHits.get(tier) ?? 0;
  }

  private readonly channels: readonly (readonly [string, (event: unknown) => void])[] = [
    [CACHING_CHANNEL, (event) => this.ofCache(event as CacheEvent)],
    [COALESCING_CHANNEL, (event) => this.ofFlight(event as FlightEvent)],
    [BACKEND, (event) => this.ofBackend(event as BackendCallEvent)],
    [CIRCUIT_CALL_CHANNEL, (event) => this.ofCircuit(event as CircuitCallEvent)],
  ];

  private ofCache(event: CacheEvent): void {
    switch (event.type) {
      case 'hit':
        this.counts.add('saved');
        this.tierHits.set(event.tier, this.hitsOf(event.tier) + 1);
        break;
      case 'stale':
        this.counts.add('saved');
        break;
      case 'refresh':
        this.counts.add('refreshed');
        return;
      case 'miss':
      case 'collapsed':
        break;
      default:
        return;
    }
    this.keys.add(hotKeyText('cache', event.cache, event.key));
  }

  private ofFlight(event: FlightEvent): void {
    if (event.type !== 'led' && event.type !== 'joined') return;
    if (event.type === 'joined') this.counts.add('saved');
    // What is another's, such as a cache's, that one tells of.
    if (event.key !== undefined) this.keys.add(hotKeyText('coalescer', event.coalescer, event.key));
  }

  private ofBackend({ backend, outcome, durationMs }: BackendCallEvent): void {
    this.counts.add('made');
    const failed = outcome !== 'answered' && outcome !== 'aborted';
    this.backends.add(backend, failed, durationMs);
  }

  private ofCircuit({ type }: CircuitCallEvent): void {
    if (type === 'refused') this.counts.add('refused');
  }
}

function requestsIn(by: Readonly<Record<Kind, readonly number[]>>, second: number): number {
  const of = (kind: Kind): number => by[kind][second] ?? 0;
  // A refresh may be counted in another second than its call.
  return Math.max(0, of('made') - of('refreshed') + of('saved') + of('refused'));
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
