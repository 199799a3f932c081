import { LogEvent } from '../../ground/index.js';
import type { Clock } from '../../ground/index.js';

/** Refreshes that fail behind stale values, which nobody would see otherwise. */
export interface Outage {
  /** When the first of them failed, in milliseconds since the Unix epoch. */
  readonly since: number;
  /** What the last one said. */
  readonly reason: string;
  /** How many have failed. */
  readonly failures: number;
}

/** Told what operators should know. */
export interface OutageLog {
  warn(line: LogEvent): void;
  log(line: LogEvent): void;
}

/** Where a value comes from. */
export interface RefreshSource {
  readonly cache: string;
  /** What all values from one backend have in common. Left out, each cache is its own. */
  readonly backend?: string | (() => string) | undefined;
}

interface Running extends Outage {
  /** By the monotonic clock. */
  readonly lastFailureAt: number;
}

/** So long after its last failure an outage is over with any load that succeeds, in milliseconds. */
const FORGOTTEN_AFTER_MS = 60_000;

/** Longest reason that is remembered. */
const MAX_REASON_LENGTH = 200;

/** Outages at once that are remembered; beyond, the one that began longest ago is forgotten. */
const MAX_OUTAGES = 1_000;

/**
 * Whether the backends behind the caches are there, as refreshes find: one line for each at the first that
 * fails, and one when a key that had failed succeeds. Other keys say nothing of an outage, so that a single
 * one that fails does not make a line each time another succeeds, unless the failures are long over.
 */
export class RefreshOutages {
  private readonly running = new Map<string, Running>();

  constructor(
    private readonly clock: Clock,
    private readonly log: OutageLog,
  ) {}

  /** The outages under way, by the name of the backend, or of the cache where that names none. */
  get current(): ReadonlyMap<string, Outage> {
    const outages = new Map<string, Outage>();
    for (const [name, { since, reason, failures }] of this.running) {
      outages.set(name, { since, reason, failures });
    }
    return outages;
  }

  failed(source: RefreshSource, error: unknown): void {
    const name = nameOf(source);
    const reason = reasonOf(error);
    const { since = this.clock.wall(), failures = 0 } = this.running.get(name) ?? {};
    if (failures === 0 && this.running.size >= MAX_OUTAGES) this.forgetOldest();
    const lastFailureAt = this.clock.monotonic();
    this.running.set(name, { since, reason, failures: failures + 1, lastFailureAt });
    if (failures > 0) return;
    const words = `Refreshes ${toldOf(source, name)} fail, stale values stand in: ${reason}`;
    this.log.warn(new LogEvent('refreshes.failing', words, { source: name, reason }));
  }

  /** @param hadFailed the last refresh of this key did */
  succeeded(source: RefreshSource, hadFailed: boolean): void {
    // Nearly always, and then it need not be known where the value comes from.
    if (this.running.size === 0) return;
    const name = nameOf(source);
    const outage = this.running.get(name);
    if (outage === undefined) return;
    const { since, failures, lastFailureAt } = outage;
    if (!hadFailed && this.clock.monotonic() - lastFailureAt < FORGOTTEN_AFTER_MS) return;
    this.running.delete(name);
    const seconds = Math.max(0, Math.round((this.clock.wall() - since) / 1_000));
    const words = `Refreshes ${toldOf(source, name)} succeed again after ${seconds} s (${failures} failed)`;
    this.log.log(new LogEvent('refreshes.recovered', words, { source: name, seconds, failures }));
  }

  private forgetOldest(): void {
    const [oldest] = this.running.keys();
    if (oldest !== undefined) this.running.delete(oldest);
  }
}

function nameOf({ cache, backend = cache }: RefreshSource): string {
  if (typeof backend === 'string') return backend;
  try {
    return backend();
  } catch {
    // What its name is made from may be what the load has failed with.
    return cache;
  }
}

function toldOf({ backend }: RefreshSource, name: string): string {
  return backend === undefined ? `of cache "${name}"` : `from ${name}`;
}

/** On one line: the cause, where an error says no more than that there is one. */
function reasonOf(error: unknown): string {
  const { cause = error } = (error ?? {}) as { cause?: unknown };
  const text = cause instanceof Error ? cause.message || cause.name : String(cause);
  return text.replace(/\s+/g, ' ').slice(0, MAX_REASON_LENGTH);
}
