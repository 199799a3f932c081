import {
  InvalidOptionError,
  OptionReader,
  aSignal,
  flag,
  oneOf,
  patienceMs,
} from '../../ground/index.js';

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
