import {
  InvalidOptionError,
  OptionReader,
  anyMs,
  anyText,
  flag,
  lifetimeMs,
  numberFrom,
  objectWith,
  texts,
} from '../../ground/index.js';
import type { Clock, OptionRule } from '../../ground/index.js';
import { relateLifetimes } from './cache-policy.js';
import type { FlightContext } from '../../coalescing/kernel/index.js';

/** How long one value lives, as it says itself. All times are milliseconds. */
export interface ValueLifetime {
  /** Age up to which it is served without asking. */
  readonly freshMs: number;
  /**
   * Total age up to which it may be served stale while it is refreshed; 0, or `freshMs` itself, means
   * never, and what lies between them is refused.
   */
  readonly staleMs: number;
  /** Total age up to which it may replace an error; 0, or `freshMs` itself, means never. */
  readonly staleIfErrorMs: number;
  /**
   * How much longer it is kept, in every tier, when there is nothing left that it may be served for: the
   * next load gets it as `previous`, and may find it not modified. @default 0
   */
  readonly keepMs?: number | undefined;
}

/** What a loader may say about a value that is kept. */
export interface ValueFacts {
  /** What it can be invalidated by, beside its key. */
  readonly tags?: readonly string[];
  /** Its entity tag: the next refresh gets it, and may answer "not modified". */
  readonly etag?: string;
  /** Its age when it arrived, in milliseconds, where the backend said so (`Age`); below 0 as 0. @default 0 */
  readonly ageMs?: number;
  /**
   * It lives by these times, and not by a policy: neither by that of the cache, nor by what other
   * instances have for theirs, and its freshness is not shortened at random.
   * @default by the policy
   */
  readonly lifetime?: ValueLifetime;
  /**
   * It is not used again before a load has confirmed it, not even in place of an error: memory keeps it
   * for the next load to renew, and the tiers below never have it (`no-cache`, RFC 9111 section
   * 5.2.2.4).
   * @default false
   */
  readonly revalidate?: boolean;
  /**
   * It stays in this process: memory keeps it, the tiers below never have it, and other processes that
   * wait for it make calls of their own. Said anew by each load.
   * @default false
   */
  readonly local?: boolean;
  /**
   * The value is still arriving. It is given to callers, and kept in memory, at once; the tiers below and
   * other processes get it when this is fulfilled, with its size in bytes. When this is rejected, or the
   * size is more than may be kept, memory lets go of it. Callers who have it by then have to find out from
   * the value itself.
   * @default none: the value is whole
   */
  readonly completed?: PromiseLike<number>;
  /**
   * Fulfilled when it turns out, while the value is arriving, that it is to stay in this process after all:
   * from then on it is {@link local}, and other processes wait for it no longer.
   * @default none
   */
  readonly confined?: PromiseLike<unknown>;
  /**
   * The memory it takes, in bytes; what is reserved for it, where it is still arriving.
   * @default an estimate; the policy's `maxEntryBytes` for what is still arriving
   */
  readonly sizeBytes?: number;
}

const NO_FACTS: ValueFacts = Object.freeze({});

export const VALUE_LIFETIME = new OptionReader<ValueLifetime>(
  {
    freshMs: lifetimeMs(),
    staleMs: lifetimeMs(),
    staleIfErrorMs: lifetimeMs(),
    keepMs: lifetimeMs(),
  },
  relateLifetimes,
);

/** A lifetime says all that it replaces. */
const aLifetime: OptionRule = {
  check(value, path, name) {
    VALUE_LIFETIME.demand(
      value as object,
      `${path}.${name}`,
      ...(['freshMs', 'staleMs', 'staleIfErrorMs'] as const),
    );
  },
};

export const VALUE_FACTS = new OptionReader<ValueFacts>({
  tags: texts,
  etag: anyText,
  ageMs: anyMs(),
  lifetime: aLifetime,
  revalidate: flag,
  local: flag,
  completed: objectWith('then'),
  confined: objectWith('then'),
  sizeBytes: numberFrom(0),
});

/**
 * What a loader returns where it has more to say than a value. A bare value is the same as
 * `LoadOutcome.keep(value)`, if the policy's `cacheable` agrees.
 */
export class LoadOutcome<T> {
  /** @throws InvalidOptionError for facts that cannot be */
  private constructor(
    readonly kind: 'bare' | 'keep' | 'negative' | 'uncacheable' | 'unshared' | 'not-modified',
    readonly value: T | undefined,
    readonly facts: ValueFacts,
    /** The error that the value stands for, where the load has {@link failed}. */
    readonly failure?: unknown,
  ) {
    if (facts !== NO_FACTS) VALUE_FACTS.check(facts, 'facts');
    // It may fail where nobody keeps the value, and so nobody hears of it.
    facts.completed?.then(undefined, () => undefined);
    // A bare one is seen by nobody who could change it, and freezing takes longer than all else here.
    if (kind !== 'bare') Object.freeze(this);
  }

  /** `result` as an outcome, whatever a loader has returned. */
  static of<T>(result: T | LoadOutcome<T>): LoadOutcome<T> {
    return result instanceof LoadOutcome ? result : new LoadOutcome<T>('bare', result, NO_FACTS);
  }

  /** A value that is kept, and shared with everybody. */
  static keep<T>(value: T, facts = NO_FACTS): LoadOutcome<T> {
    return new LoadOutcome<T>('keep', value, facts);
  }

  /** "Not there" (404, 410): shared, and kept for `negativeMs`. */
  static negative<T>(value: T, facts = NO_FACTS): LoadOutcome<T> {
    return new LoadOutcome<T>('negative', value, facts);
  }

  /**
   * A value for the callers of this flight, and for nobody later. Whoever comes then shares a flight
   * of their own. An invalidation meanwhile is told by its tags.
   */
  static uncacheable<T>(value: T, facts = NO_FACTS): LoadOutcome<T> {
    return new LoadOutcome<T>('uncacheable', value, facts);
  }

  /**
   * A value for the caller who led the flight alone; the others make their own calls, and for the
   * policy's `passMs` so do those who come later, in parallel.
   */
  static unshared<T>(value: T): LoadOutcome<T> {
    return new LoadOutcome<T>('unshared', value, NO_FACTS);
  }

  /**
   * The load has failed with `error`, as if it had been thrown: a stale value stands in for it. Where
   * none may, its callers get `instead` and no error. What is stored stays, whatever `instead` says.
   *
   * @param error its `retryAfterMs`, if it has one, is the pause until the next refresh, in
   * milliseconds, within the bounds of the policy's `refreshBackoff`
   * @throws InvalidOptionError if `instead` is no outcome
   */
  static failed<T>(error: unknown, instead: LoadOutcome<T>): LoadOutcome<T> {
    if (!(instead instanceof LoadOutcome)) {
      const expected = 'what callers get, such as LoadOutcome.uncacheable(answer)';
      throw new InvalidOptionError('failed().instead', instead, `${expected} (or throw the error)`);
    }
    const { kind, value, facts } = instead;
    return new LoadOutcome<T>(kind, value, facts, error);
  }

  /**
   * The value that the loader was given as `previous` is still valid: it is renewed (304).
   *
   * @param renewed what is kept in its place, where something about it has changed
   */
  static notModified<T = never>(facts = NO_FACTS, renewed?: T): LoadOutcome<T> {
    return new LoadOutcome<T>('not-modified', renewed, facts);
  }
}

/** What a loader knows about the call it makes. Read its members from it: the signal is made on first use. */
export interface LoadContext<T> {
  /** Aborts when nobody wants the value any more, or its flight has timed out. */
  readonly signal: AbortSignal;
  /** The stored value that is to be replaced, if there is one. Never change it: others may hold it. */
  readonly previous: T | undefined;
  /** Entity tag of {@link previous}: send it as `If-None-Match` (RFC 9110 section 13.1.2). */
  readonly etag: string | undefined;
  /**
   * Milliseconds since the loader was called, by the cache's clock. As `ageMs` of an outcome it has the
   * value be born when it was asked for, and not when it had come (RFC 9111 section 4.2.3).
   */
  readonly elapsedMs: number;
  /**
   * Leaves word for everyone on the flight, such as the id of the call: they find it in their
   * `CacheResult.note`, also where a stale value stands in for the call that has failed. Plain data, and not
   * kept with the value.
   */
  note(note: unknown): void;
}

/** Computes the value of a key. */
export type CacheLoader<T> = (
  context: LoadContext<T>,
) => T | LoadOutcome<T> | Promise<T | LoadOutcome<T>>;

/** The context of a load's one call. */
export class CallContext<T> implements LoadContext<T> {
  readonly previous: T | undefined;
  readonly etag: string | undefined;
  /** What the loader has left for those on the flight. */
  noted: unknown = undefined;
  private readonly flight: FlightContext;
  private readonly clock: Clock;
  private readonly calledAt: number;

  constructor(
    flight: FlightContext,
    previous: { readonly value: unknown; readonly etag: string | undefined } | undefined,
    clock: Clock,
  ) {
    this.previous = previous?.value as T | undefined;
    this.etag = previous?.etag;
    this.flight = flight;
    this.clock = clock;
    this.calledAt = clock.monotonic();
  }

  get elapsedMs(): number {
    return this.clock.monotonic() - this.calledAt;
  }

  note(note: unknown): void {
    this.noted = note;
  }

  /** Read when asked for: making a signal costs more than many a load. */
  get signal(): AbortSignal {
    return this.flight.signal;
  }
}
