import {
  InvalidOptionError,
  LONGEST_TIMER_MS,
  OptionReader,
  flag,
  oneOf,
  wholeNumber,
  aSignal,
  patienceMs,
} from '../../ground/index.js';

/** How a loader's value reaches several callers; see {@link CoalescerOptions.shareAs}. */
export type ShareAs = 'reference' | 'frozen' | 'clone';

/** Who shares flights; see {@link CoalescerOptions.scope}. */
export type CoalescerScope = 'process' | 'cluster';

/** What a loader's error means for the joiners; see {@link CoalescerOptions.onError}. */
export type ErrorPolicy = 'share' | 'retry-once';

/** What a coalescer is made with. Fixed for its life: all callers of a key share one flight. */
export interface CoalescerOptions {
  /**
   * Milliseconds after which a flight ends with {@link FlightTimeoutError}, whatever its loader does.
   * @default 30000
   */
  flightTimeoutMs?: number | undefined;

  /**
   * Milliseconds after which a flight counts as hung: the next caller starts one successor beside it,
   * and whichever ends first answers the callers of both. Less than `flightTimeoutMs`.
   * @default undefined: callers join until the flight times out
   */
  takeoverAfterMs?: number | undefined;

  /**
   * Milliseconds up to which a flight may be joined; who comes later starts the next one. The older
   * flight still answers those who are on it, and is fenced. From `flightTimeoutMs` on it changes nothing.
   * @default undefined: a flight may be joined as long as it lasts
   */
  joinWithinMs?: number | undefined;

  /**
   * `share`: a loader's error goes to everyone on the flight. `retry-once`: it goes to the leader;
   * one of the joiners leads again and the others join it, at most once for each of them.
   * @default 'share'
   */
  onError?: ErrorPolicy | undefined;

  /**
   * How a value is given to several callers.
   * - `frozen`: everyone gets the same value, frozen in depth, so that no caller can change what
   *   another sees. The default, because it is safe and costs one walk per flight. Instances of
   *   classes that are not frozen themselves are refused with {@link UnshareableValueError}.
   * - `clone`: everyone gets an own copy (`structuredClone`), paid per caller.
   * - `reference`: everyone gets the very same value, mutable: fastest, on your word.
   *
   * Bytes (Buffers, typed arrays, ArrayBuffers) are always shared by reference: copying them is what
   * sharing is to avoid, and JavaScript cannot freeze them.
   *
   * An error is one and the same for all with `frozen` and `reference`, and not frozen: throw another one
   * with it as `cause` rather than change it. With `clone` everyone gets an error of their own: of the
   * same class, with the same message, stack and `cause`, and copies of the plain data in its fields. The
   * exception is an error whose getters read private fields (`#name`), which nobody can copy.
   * @default 'frozen'
   */
  shareAs?: ShareAs | undefined;

  /**
   * How many flights may be under way, queued ones included; more are refused with
   * {@link CoalescerOverloadedError}.
   * @default 10000
   */
  maxFlights?: number | undefined;

  /**
   * How many callers may join one flight beside its leader.
   * @default 100000
   */
  maxJoinersPerFlight?: number | undefined;

  /**
   * The longest key, in UTF-16 code units.
   * @default 8192
   */
  maxKeyLength?: number | undefined;

  /**
   * What {@link CoalescerOverloadedError.retryAfterMs} says.
   * @default 1000
   */
  retryAfterMs?: number | undefined;

  /**
   * Whether loaders run in an async context of their own, through which a loader that waits for itself
   * is found ({@link SelfJoinError}). Off saves the async context's cost (notable on Node 20) where
   * loaders never call a coalescer.
   * @default true
   */
  detectSelfJoin?: boolean | undefined;

  /**
   * `cluster`: flights of one key in several processes are one call, where a cluster module is there to
   * see to that; without it, or while its store is away, the same as `process`. Values have to be what
   * the cluster's codec can carry.
   * @default 'process'
   */
  scope?: CoalescerScope | undefined;
}

/** {@link CoalescerOptions} with every default applied, validated and frozen. */
export type ResolvedCoalescerOptions = Readonly<
  Required<Omit<CoalescerOptions, 'takeoverAfterMs' | 'joinWithinMs'>> &
    Pick<CoalescerOptions, 'takeoverAfterMs' | 'joinWithinMs'>
>;

const DEFAULTS: ResolvedCoalescerOptions = {
  flightTimeoutMs: 30_000,
  takeoverAfterMs: undefined,
  joinWithinMs: undefined,
  onError: 'share',
  shareAs: 'frozen',
  maxFlights: 10_000,
  maxJoinersPerFlight: 100_000,
  maxKeyLength: 8_192,
  retryAfterMs: 1_000,
  detectSelfJoin: true,
  scope: 'process',
};

const milliseconds = wholeNumber(1, LONGEST_TIMER_MS);

export const COALESCER_OPTIONS = new OptionReader<CoalescerOptions>({
  flightTimeoutMs: milliseconds,
  takeoverAfterMs: milliseconds,
  joinWithinMs: milliseconds,
  onError: oneOf('share', 'retry-once'),
  shareAs: oneOf('reference', 'frozen', 'clone'),
  maxFlights: wholeNumber(1),
  maxJoinersPerFlight: wholeNumber(1),
  maxKeyLength: wholeNumber(1),
  retryAfterMs: milliseconds,
  detectSelfJoin: flag,
  scope: oneOf('process', 'cluster'),
});

/** What {@link resolveCoalescerOptions} has made: many coalescers are made with one set of options. */
const RESOLVED = new WeakSet<CoalescerOptions>();

/**
 * Applies defaults, checks and freezes. An `undefined` option counts as absent; what is resolved already is
 * returned as it is.
 *
 * @param path where the options stand in what the user wrote; quoted in errors
 * @throws {@link InvalidOptionError}
 */
export function resolveCoalescerOptions(
  options: CoalescerOptions = {},
  path = 'options',
): ResolvedCoalescerOptions {
  if (RESOLVED.has(options)) return options as ResolvedCoalescerOptions;
  const resolved = COALESCER_OPTIONS.read(options, path, DEFAULTS);
  const { takeoverAfterMs, flightTimeoutMs } = resolved;
  if (takeoverAfterMs !== undefined && takeoverAfterMs >= flightTimeoutMs) {
    const expected = `less than flightTimeoutMs (${flightTimeoutMs})`;
    throw new InvalidOptionError(`${path}.takeoverAfterMs`, takeoverAfterMs, expected);
  }
  RESOLVED.add(resolved);
  return Object.freeze(resolved);
}

/** What one caller may ask for. Never changes what the others on the flight get. */
export interface RunOptions {
  /** Releases this caller when it aborts; the caller gets `signal.reason`. */
  signal?: AbortSignal | undefined;

  /**
   * How long this caller waits, in milliseconds; then it gets {@link CallerTimeoutError}. Zero or less
   * means at once, `Infinity` as long as the flight lasts. At most 2_147_483_647 otherwise.
   * @default Infinity
   */
  timeoutMs?: number | undefined;

  /**
   * How long this caller waits for a call that another one leads, in milliseconds. A flight that is as old
   * counts as hung for it, whatever {@link CoalescerOptions.takeoverAfterMs} says; and when it has waited for
   * so long, it gets {@link CallerTimeoutError}, and may start the successor by a call of its own.
   * @default undefined: as long as for its own
   */
  waitMaxMs?: number | undefined;

  /**
   * `now`: never share a flight that started before this call; wait for, or start, the next one. At
   * most one is queued behind the flight under way, so such a caller waits for two flights at most.
   */
  notOlderThan?: 'now' | undefined;

  /**
   * The flight is to run to its end even if every caller leaves, because its result is wanted anyway
   * (a cache refresh). It stays so for the flight's life.
   * @default false
   */
  keepAlive?: boolean | undefined;

  /**
   * `process`: a flight that this caller leads stays in the process, although the coalescer's scope is
   * `cluster`. For keys that mean something in this process alone.
   */
  scope?: 'process' | undefined;
}

/** What the caller of a call that nobody shares may ask for. */
export type AloneOptions = Pick<RunOptions, 'signal' | 'timeoutMs'>;

export const RUN_OPTIONS = new OptionReader<RunOptions>({
  signal: aSignal,
  timeoutMs: patienceMs(),
  waitMaxMs: milliseconds,
  notOlderThan: oneOf('now'),
  keepAlive: flag,
  scope: oneOf('process'),
});

/** Whether a caller who joins may have what everybody has; `scope` matters to who leads alone. */
export function asksForNothing(options: RunOptions | undefined): boolean {
  return (
    options === undefined ||
    (options.signal === undefined &&
      options.timeoutMs === undefined &&
      options.waitMaxMs === undefined &&
      options.notOlderThan === undefined &&
      options.keepAlive === undefined)
  );
}

/** In place of a key: the call is its caller's alone. */
export const ALONE = Symbol('alone');

/**
 * Refuses a key that is no text. Callers whose key is missing would share what is not theirs.
 *
 * @throws InvalidOptionError
 */
export function demandKey(key: unknown, call: 'run' | 'forget'): void {
  if (typeof key === 'string') return;
  const expected =
    'text that tells what is asked for, such as `user:${id}` with an id that is there';
  throw new InvalidOptionError(`${call}().key`, key, expected);
}

/** {@link demandKey} and that there is something to call. @throws InvalidOptionError */
export function demandCall(key: unknown, load: unknown): void {
  const call = key === ALONE ? 'runAlone' : 'run';
  if (call === 'run') demandKey(key, call);
  if (typeof load === 'function') return;
  const expected = 'a function that makes the call, such as ({ signal }) => fetchUser(id, signal)';
  throw new InvalidOptionError(`${call}().load`, load, expected);
}
