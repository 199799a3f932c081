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

/** Freezing an array of a million numbers, of its round trip through JSON. */
export function freeze() {
  return sharing('frozen');
}

/** Copying one. */
export function clone() {
  return sharing('clone');
}

/** @param {'frozen' | 'clone'} shareAs */
async function sharing(shareAs) {
  const { openFlights } = await import('../subjects/coalescing.mjs');
  const { valueSharing } = openFlights({ shareAs }).default;
  return cpuRatio(
    onNumbers((numbers) => valueSharing.share(numbers)),
    onNumbers((numbers) => JSON.parse(JSON.stringify(numbers))),
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
