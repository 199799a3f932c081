// What a good programmer writes in ten minutes, without bounds, deadlines or counters: the limit.

import { AsyncLocalStorage } from 'node:async_hooks';

/** @type {import('./cache.mjs').OpenCache} */
export function flights({ load }) {
  /** @type {Map<string, Promise<unknown>>} */
  const flying = new Map();
  return {
    ask(key) {
      const flight = flying.get(key);
      if (flight !== undefined) return flight;
      const led = load(key);
      flying.set(key, led);
      const over = () => flying.delete(key);
      led.then(over, over);
      return led;
    },
  };
}

/** Each call in an async context of its own, which says whose it is: what that alone costs. @type {import('./cache.mjs').OpenCache} */
export function flightsInContext({ load }) {
  const storage = new AsyncLocalStorage();
  return flights({ load: (key) => storage.run(key, () => load(key)) });
}

/** @type {import('./cache.mjs').OpenCache} */
export function map({ load }) {
  const values = new Map();
  const { ask } = flights({ load: (key) => load(key).then((value) => kept(key, value)) });
  const kept = (key, value) => {
    values.set(key, value);
    return value;
  };
  return {
    ask(key) {
      const value = values.get(key);
      return value === undefined ? ask(key) : Promise.resolve(value);
    },
  };
}

/** @type {import('./cache.mjs').OpenCache} */
export function ttlAndLru({ load, ttlMs, maxEntries }) {
  const entries = new Map();
  const { ask } = flights({ load: (key) => load(key).then((value) => kept(key, value)) });
  const kept = (key, value) => {
    entries.delete(key);
    entries.set(key, { value, expiresAt: performance.now() + ttlMs });
    if (entries.size > maxEntries) entries.delete(entries.keys().next().value);
    return value;
  };
  return {
    ask(key) {
      const entry = entries.get(key);
      if (entry === undefined || entry.expiresAt <= performance.now()) return ask(key);
      // A map lists what was written last at its end.
      entries.delete(key);
      entries.set(key, entry);
      return Promise.resolve(entry.value);
    },
  };
}
