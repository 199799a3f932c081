import { InvalidOptionError } from '../../ground/index.js';

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
