// Bytes that one operation allocates.
import { bytesPerOperation } from '../meters/allocation.mjs';

const KEYS = 1_024;

/** A hit of `peek`. */
export async function peek() {
  const { warmCache } = await import('../subjects/caching.mjs');
  const { cache, keys } = warmCache(KEYS);
  let found = 0;
  const bytes = await bytesPerOperation((times) => {
    for (let i = 0; i < times; i++) if (cache.peek(keys[i % KEYS]) !== undefined) found++;
  }, 500_000);
  if (found === 0 || cache.counters().misses > 0) throw new Error('a hit was none');
  return bytes;
}

/** A hit of `get`, its promise included. */
export async function get() {
  const { neverLoad, warmCache } = await import('../subjects/caching.mjs');
  const { cache, keys } = warmCache(KEYS);
  return bytesPerOperation((times) => {
    for (let i = 0; i < times; i++) void cache.get(keys[i % KEYS], neverLoad);
  }, 300_000);
}

/** A look-up that joins the flight of another one, its promise included. */
export async function getJoining() {
  const { openCache } = await import('../subjects/caching.mjs');
  const { HeldLoader } = await import('../subjects/coalescing.mjs');
  const loader = new HeldLoader();
  let cache;
  return bytesPerOperation(
    (count) => {
      for (let i = 0; i < count; i++) void cache.get('key', loader.load);
    },
    50_000,
    async () => {
      loader.land?.();
      cache = openCache();
      void cache.get('key', loader.load);
    },
  );
}

/** A look-up of a key that is not there, its loader's value kept in place of another one. */
export async function getLeading() {
  const { openCache } = await import('../subjects/caching.mjs');
  const cache = openCache(KEYS);
  const value = Promise.resolve('value');
  const load = () => value;
  let asked = 0;
  const keys = Array.from({ length: 8 * KEYS }, (_, i) => `product:${i}`);
  const bytes = await bytesPerOperation(async (times) => {
    for (let i = 0; i < times; i++) await cache.get(keys[asked++ % keys.length], load);
  }, 10_000);
  if (cache.counters().hits > 0) throw new Error('a miss was none');
  return bytes;
}

/** A caller who joins a flight and asks for nothing special. */
export function join() {
  return joining(undefined, 200_000);
}

/** A caller who joins a flight and has a deadline. */
export function joinWithin() {
  return joining({ timeoutMs: 60_000 }, 50_000);
}

/** A flight of one caller, whose loader returns at once. */
export async function lead() {
  const { openFlights } = await import('../subjects/coalescing.mjs');
  const flights = openFlights();
  const value = Promise.resolve('value');
  const load = () => value;
  let flight = 0;
  const keys = Array.from({ length: KEYS }, (_, i) => `product:${i}`);
  return bytesPerOperation(async (times) => {
    for (let i = 0; i < times; i++) await flights.run(keys[flight++ % KEYS], load);
  }, 20_000);
}

/** The coalescer of a name for which there is no room. */
export async function overflow() {
  const { HeldLoader, openFlights } = await import('../subjects/coalescing.mjs');
  const service = openFlights({ maxCoalescers: 1 });
  void service.coalescer('busy').run('key', new HeldLoader().load);
  const names = Array.from({ length: KEYS }, (_, i) => `tenant:${i}`);
  return bytesPerOperation((times) => {
    for (let i = 0; i < times; i++) void service.coalescer(names[i % KEYS]);
  }, 20_000);
}

/** A call that succeeds. */
export async function success() {
  const { lenientCircuit } = await import('../subjects/breaking.mjs');
  const circuit = lenientCircuit();
  const value = Promise.resolve('value');
  const action = () => value;
  return bytesPerOperation(async (times) => {
    for (let i = 0; i < times; i++) await circuit.execute(action);
  }, 100_000);
}

/** A call that fails; the error itself is not counted. */
export async function failure() {
  const { lenientCircuit } = await import('../subjects/breaking.mjs');
  const circuit = lenientCircuit();
  const error = new Error('the backend is down');
  const action = () => {
    throw error;
  };
  const ignored = () => {};
  return bytesPerOperation(async (times) => {
    for (let i = 0; i < times; i++) await circuit.execute(action).catch(ignored);
  }, 50_000);
}

/** The decision not to let a call through. */
export async function refusal() {
  const { openCircuit } = await import('../subjects/breaking.mjs');
  const circuit = openCircuit();
  let admitted = 0;
  const bytes = await bytesPerOperation((times) => {
    for (let i = 0; i < times; i++) if (circuit.admit().admitted) admitted++;
  }, 200_000);
  if (admitted > 0) throw new Error('a refusal was none');
  return bytes;
}

/** @param {object | undefined} options @param {number} times */
async function joining(options, times) {
  const { HeldLoader, openFlights } = await import('../subjects/coalescing.mjs');
  const loader = new HeldLoader();
  let flights;
  return bytesPerOperation(
    (count) => {
      for (let i = 0; i < count; i++) void flights.run('key', loader.load, options);
    },
    times,
    async () => {
      // What joiners leave behind goes with their flight.
      loader.land?.();
      flights = openFlights();
      void flights.run('key', loader.load);
    },
  );
}
