// CPU of one operation as a multiple of what the same costs when written by hand, without bounds,
// deadlines or counters.
import { cpuMs, cpuRatio } from '../meters/cpu-ratio.mjs';
import { CountingBreaker, MapOfPromises, MapWithTtl } from '../subjects/by-hand.mjs';

const KEYS = 1_024;
const HOUR_MS = 3_600_000;

const HITS = 30_000;
const JOINS = 10_000;
const CALLS = 10_000;
const NUMBERS = 1_000_000;

/** A hit of `peek`, of a Map whose values expire. */
export async function peek() {
  const { warmCache } = await import('../subjects/caching.mjs');
  const { cache, keys } = warmCache(KEYS);
  const map = new MapWithTtl();
  for (const key of keys) map.set(key, { key }, HOUR_MS);
  return cpuRatio(
    hitting((key) => cache.peek(key)?.value),
    hitting((key) => map.get(key)),
  );

  /** @param {(key: string) => { key: string } | undefined} find */
  function hitting(find) {
    return () => {
      for (let i = 0; i < HITS; i++) {
        const key = keys[i % KEYS];
        if (find(key)?.key !== key) throw new Error('a hit was none');
      }
    };
  }
}

/** Joining a flight and hearing of its end, of a Map of promises. */
export async function join() {
  const { openFlights } = await import('../subjects/coalescing.mjs');
  return cpuRatio(joining(openFlights()), joining(new MapOfPromises()));
}

/** A call that succeeds, of a breaker that counts failures. */
export async function success() {
  const { lenientCircuit } = await import('../subjects/breaking.mjs');
  return cpuRatio(succeeding(lenientCircuit()), succeeding(new CountingBreaker()));
}

/** Making an array of a million numbers safe to share, by each `shareAs`, of its round trip through JSON. */
export async function share() {
  const { openFlights } = await import('../subjects/coalescing.mjs');
  const frozen = openFlights({ shareAs: 'frozen' }).default.valueSharing;
  const cloned = openFlights({ shareAs: 'clone' }).default.valueSharing;
  const throughJson = onNumbers((numbers) => JSON.parse(JSON.stringify(numbers)));
  return Math.max(
    await cpuRatio(
      onNumbers((numbers) => frozen.share(numbers)),
      throughJson,
    ),
    await cpuRatio(
      onNumbers((numbers) => cloned.share(numbers)),
      throughJson,
    ),
  );

  /** @param {(numbers: number[]) => unknown} share */
  function onNumbers(share) {
    return () => {
      // Anew: what is frozen costs less to freeze.
      const numbers = Array.from({ length: NUMBERS }, (_, i) => i);
      globalThis.gc();
      const started = cpuMs();
      share(numbers);
      return cpuMs() - started;
    };
  }
}

/** @param {{ run: (key: string, load: () => Promise<unknown>) => Promise<unknown> }} flights */
function joining(flights) {
  return async () => {
    let land;
    const load = () =>
      new Promise((resolve) => {
        land = resolve;
      });
    const led = flights.run('key', load);
    let landed = 0;
    const heard = () => landed++;
    const started = cpuMs();
    for (let i = 0; i < JOINS; i++) void flights.run('key', load).then(heard);
    land('value');
    await led;
    await new Promise((resolve) => setImmediate(resolve));
    const took = cpuMs() - started;
    if (landed !== JOINS) throw new Error('somebody did not hear of the end');
    return took;
  };
}

/** @param {{ execute: (action: () => Promise<unknown>) => Promise<unknown> }} breaker */
function succeeding(breaker) {
  const value = Promise.resolve('value');
  const action = () => value;
  return async () => {
    for (let i = 0; i < CALLS; i++) await breaker.execute(action);
  };
}
