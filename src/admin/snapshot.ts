import type { GatewayForecast } from '../gateway/index.js';

/**
 * Everything that an operator sees at a glance, at one moment. `GET /admin` answers with it, and
 * `GET /admin/stream` sends it each second, as the data of a server-sent event called `snapshot`.
 *
 * Plain data, all of it bounded: of each list the most telling members come first, and {@link Listed.left}
 * says how many were left out. Text that comes from requests (keys, names) is cut at 256 characters, and then ends in `…`
 * and a hash.
 */
export interface AdminSnapshot {
  /** When it was made, in milliseconds since the Unix epoch. */
  readonly at: number;
  readonly process: ProcessSnapshot;
  readonly traffic: TrafficSnapshot;
  /** Those with flights or stuck loaders first, the busiest of them first; at most 50. */
  readonly coalescers: Listed<CoalescerSnapshot>;
  /** Those that are not closed first; at most 100. */
  readonly circuits: Listed<CircuitSnapshot>;
  /** The most asked ones first; at most 50. Left out where the application has no `CachingModule`. */
  readonly caching?: CachingSnapshot;
  /** Left out where the application has no `ClusterModule`. */
  readonly cluster?: ClusterSnapshot;
  /** Left out where the application has no `GatewayModule`. */
  readonly gateway?: GatewaySnapshot;
  readonly top: TopSnapshot;
}

/** The rules of a gateway, and what their requests have come to. */
export interface GatewaySnapshot {
  /** In the order in which they win; at most 50. */
  readonly rules: Listed<RuleSnapshot>;
  /** What would have become of the requests so far, where they are only observed. */
  readonly forecast?: GatewayForecast;
}

/** A rule, counted since the start. */
export interface RuleSnapshot {
  readonly name: string;
  /** What it is for, in words: methods, hosts and path. */
  readonly match: string;
  readonly requests: number;
  /** Answered by what is kept: fresh, and stale. */
  readonly hits: number;
  readonly stale: number;
  /** Answered by the call of another request. */
  readonly joined: number;
  /** Refused by the rule. */
  readonly denied: number;
  /** Answered by an error of the gateway's own. */
  readonly errors: number;
  /** Calls of the backend. */
  readonly calls: number;
  /** Answers to these that were kept, and that were not. */
  readonly kept: number;
  readonly notKept: number;
  readonly savedRatio: number | null;
  /** The circuit in front of its backend; left out where there is none, or nothing was asked of it yet. */
  readonly circuit?: Pick<CircuitSnapshot, 'name' | 'mode'>;
}

/** A list that has a bound. */
export interface Listed<Item> {
  readonly list: readonly Item[];
  /** How many there are beside those in the list. */
  readonly left: number;
}

/** What runs here. */
export interface ProcessSnapshot {
  readonly name: string;
  readonly version: string;
  readonly uptimeMs: number;
  readonly pid: number;
  /** Version of Node, such as `v20.19.0`. */
  readonly node: string;
}

/** What callers have asked for, and what that has cost the backend. */
export interface TrafficCounts {
  /** Calls that callers have asked for: those that were made for them, saved, or refused. */
  readonly requests: number;
  /** Calls that the backend has got, refreshes behind a served value included. */
  readonly backendCalls: number;
  /** Calls that were not made: somebody else's flight was joined, or a value was there. */
  readonly saved: number;
  /** Calls that a circuit has refused. */
  readonly refused: number;
}

/** {@link TrafficCounts} in total, at present, and second by second. */
export interface TrafficSnapshot {
  /** Since the module was started. */
  readonly totals: TrafficCounts;
  /** Mean of the last ten whole seconds. */
  readonly perSecond: TrafficCounts;
  /** Share of the requests that were saved, from 0 to 1; `null` before the first request. */
  readonly savedRatio: number | null;
  /** The last 60 whole seconds, the oldest first; each list has a member a second. */
  readonly history: {
    /** When the last of these seconds ended, in milliseconds since the Unix epoch. */
    readonly until: number;
    readonly requests: readonly number[];
    readonly backendCalls: readonly number[];
  };
}

/** One coalescer and what is under way in it. */
export interface CoalescerSnapshot {
  readonly name: string;
  /** Flights under way, queued ones included. */
  readonly flights: number;
  /** Callers who share these flights, their leaders not counted. */
  readonly joiners: number;
  /** Loaders that still run although their flight's deadline has passed. */
  readonly stuck: number;
  /** Flights since the coalescer was made, and callers who shared one. */
  readonly led: number;
  readonly joined: number;
  /** The oldest flights; at most 10 of one coalescer. */
  readonly oldest: readonly FlightSnapshot[];
}

/** One flight. */
export interface FlightSnapshot {
  readonly id: number;
  /** Left out where a call was made for one caller alone, without a key. See {@link HotKeySnapshot.key}. */
  readonly key?: string;
  readonly keyHash: string;
  readonly ageMs: number;
  /** Callers beside the leader who wait. */
  readonly joiners: number;
  readonly phase: 'queued' | 'running' | 'fenced' | 'overtaken' | 'abandoned';
  /** The loader runs on although the flight's deadline has passed. */
  readonly stuck: boolean;
}

/** One circuit. */
export interface CircuitSnapshot {
  /** By which it is steered; of a circuit by key `name[key]`. */
  readonly name: string;
  /** What callers meet. */
  readonly state: 'closed' | 'open' | 'half-open';
  /** The same, with what was done by hand told apart. */
  readonly mode: 'closed' | 'open' | 'half-open' | 'isolated' | 'forced-closed';
  /** What failed, when, and what happens next, in words. */
  readonly why: string;
  /** When the circuit last changed, in milliseconds since the Unix epoch. */
  readonly since: number;
  readonly forMs: number;
  /** Calls on their way. */
  readonly inFlight: number;
  /** Until a probe is due: 0 while half-open, left out in the other states. */
  readonly nextProbeInMs?: number;
  /** The last results that the circuit took into account, the oldest first. */
  readonly evidence: readonly EvidenceSnapshot[];
}

/** One result that a circuit took into account. */
export interface EvidenceSnapshot {
  /** In milliseconds since the Unix epoch. */
  readonly at: number;
  readonly outcome: 'failure' | 'ignored' | 'slow' | 'probe-success';
  readonly reason?: string;
  readonly durationMs?: number;
}

/** The caches, and the tiers that they share. */
export interface CachingSnapshot {
  readonly caches: Listed<CacheSnapshot>;
  /** Memory first. */
  readonly tiers: readonly TierSnapshot[];
  /** Backends, or caches, whose refreshes fail while stale values stand in; at most 20. */
  readonly outages: readonly OutageSnapshot[];
}

/** One cache. */
export interface CacheSnapshot {
  readonly name: string;
  /** Whose it is, where that is not said by its name: `rule:` and the name of a rule of the gateway. */
  readonly owner?: string;
  /** Entries in memory, expired ones included. */
  readonly entries: number;
  readonly freshMs: number;
  readonly staleMs: number;
  /** Look-ups since the cache was made, by what became of them. */
  readonly hits: number;
  readonly staleHits: number;
  readonly tierHits: number;
  readonly misses: number;
  readonly collapsed: number;
  readonly errors: number;
  /** Calls of a loader. */
  readonly loads: number;
  readonly refreshes: number;
  /** Share of look-ups that a tier has answered, from 0 to 1; `null` before the first. */
  readonly hitRatio: number | null;
}

/** One tier. */
export interface TierSnapshot {
  /** `memory`, `disk`, `shared`, or what somebody has called it. */
  readonly name: string;
  readonly status: 'up' | 'degraded';
  /** Left out where it is not this process's to count. */
  readonly entries?: number;
  readonly bytes?: number;
  /** What it may take. Left out where it has no bound of its own, or none is known. */
  readonly maxBytes?: number;
  readonly maxEntries?: number;
  /** Look-ups that it has answered since the module was started. */
  readonly hits: number;
  /** Share of all look-ups of caches that it has answered, from 0 to 1; `null` before the first. */
  readonly hitRatio: number | null;
  /** Why it is degraded. */
  readonly reason?: string;
}

/** Refreshes that fail. */
export interface OutageSnapshot {
  readonly name: string;
  /** In milliseconds since the Unix epoch. */
  readonly since: number;
  readonly failures: number;
  readonly reason: string;
}

/** This process among others. */
export interface ClusterSnapshot {
  readonly status: 'up' | 'degraded';
  /** Name of this process. */
  readonly instance: string;
  /** Engine, version and mode of the store, such as `valkey 8.0.1, single`. */
  readonly store?: string;
  /** Why it is degraded. */
  readonly reason?: string;
  /** The processes that listen in the store, this one first. Alone with itself where that cannot be told. */
  readonly members: Listed<MemberSnapshot>;
  /** The keys that this process leads, the oldest first; at most 20. */
  readonly leases: Listed<LeaseSnapshot>;
  /** Claims that wait for the store, or for another process. */
  readonly claiming: number;
  readonly takeovers: number;
  /** Invalidations that the store has not taken yet. */
  readonly invalidationsPending: number;
}

/** One process of the cluster. */
export interface MemberSnapshot {
  readonly instance: string;
  readonly self: boolean;
}

/** The right to call the backend for a key, held by this process. */
export interface LeaseSnapshot {
  readonly key: string;
  /** Name of the cache or coalescer. */
  readonly name: string;
  readonly heldMs: number;
}

/** What was busiest in the last minute, the busiest first; at most 20 each. */
export interface TopSnapshot {
  /** How far back it reaches, in milliseconds. */
  readonly windowMs: number;
  readonly keys: readonly HotKeySnapshot[];
  readonly backends: readonly HotBackendSnapshot[];
}

/** A key and how often it was asked for. */
export interface HotKeySnapshot {
  /** Whose key it is. */
  readonly kind: 'cache' | 'coalescer';
  readonly name: string;
  /**
   * Its text, or the list of its parts: purge a key by it as `keyText`. Of a text of more than 256 characters
   * the beginning, `…`, and a hash: then it names no key.
   */
  readonly key: string;
  readonly count: number;
  /** How far the count may be off: the sketch has a bound. */
  readonly error: number;
}

/** A backend and how often it was called. */
export interface HotBackendSnapshot {
  /** Scheme, host and port; nothing of the rest of a URL. */
  readonly backend: string;
  readonly count: number;
  readonly error: number;
  readonly failures: number;
  /** Mean time of a call, in milliseconds. */
  readonly meanMs: number;
}
