import { setTimeout as sleep } from 'node:timers/promises';

/**
 * What a caller has got in the end.
 * @typedef {object} Outcome
 * @property {'value' | 'error' | 'waiting'} kind
 * @property {any} [value]
 * @property {any} [error]
 * @property {number} ms when, counted from the look at it
 */

/**
 * What the callers got, at the latest after `withinMs`; the others are still waiting then.
 * @param {readonly Promise<unknown>[]} callers
 * @param {number} withinMs
 * @returns {Promise<Outcome[]>}
 */
export async function outcomesOf(callers, withinMs) {
  const startedAt = performance.now();
  const ms = () => performance.now() - startedAt;
  const over = new AbortController();
  const limit = sleep(withinMs, undefined, { signal: over.signal }).catch(() => undefined);
  const outcomes = await Promise.all(
    callers.map((caller) =>
      Promise.race([
        caller.then(
          (value) => ({ kind: 'value', value, ms: ms() }),
          (error) => ({ kind: 'error', error, ms: ms() }),
        ),
        limit.then(() => ({ kind: 'waiting', ms: ms() })),
      ]),
    ),
  );
  over.abort();
  return outcomes;
}

/** What one caller got. */
export async function outcomeOf(caller, withinMs) {
  const [outcome] = await outcomesOf([caller], withinMs);
  return outcome;
}

/** Starts `count` callers in one turn; one that throws instead of rejecting is told by its error. */
export function callers(count, call) {
  return Array.from({ length: count }, () => started(call));
}

/** Starts one caller. A synchronous throw reaches it as an error too, marked as such. */
export function started(call) {
  try {
    return Promise.resolve(call());
  } catch (error) {
    return Promise.reject(
      Object.assign(new Error(`thrown synchronously: ${String(error)}`), { error }),
    );
  }
}

/** How many of the outcomes are of a kind, and pass the test if there is one. */
export function count(outcomes, kind, test = () => true) {
  return outcomes.filter((outcome) => outcome.kind === kind && test(outcome)).length;
}

/** When the last of them had its answer, in milliseconds. */
export function lastMs(outcomes) {
  return Math.max(0, ...outcomes.map(({ ms }) => ms));
}
