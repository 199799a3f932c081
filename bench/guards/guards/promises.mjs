// Promises that one operation makes, and whether promises are tracked while nobody needs it.
import { promisesMadeBy } from '../meters/promises.mjs';

/** A hit of `peek`. */
export async function peek() {
  const { warmCache } = await import('../subjects/caching.mjs');
  const { cache, keys } = warmCache(1);
  return promisesMadeBy(() => cache.peek(keys[0]));
}

/** A hit of `get`. */
export async function get() {
  const { neverLoad, warmCache } = await import('../subjects/caching.mjs');
  const { cache, keys } = warmCache(1);
  return promisesMadeBy(() => void cache.get(keys[0], neverLoad));
}

/** A look-up that joins the flight of another one. */
export async function getJoining() {
  const { openCache } = await import('../subjects/caching.mjs');
  const { HeldLoader } = await import('../subjects/coalescing.mjs');
  const cache = openCache();
  const loader = new HeldLoader();
  void cache.get('key', loader.load);
  return promisesMadeBy(() => void cache.get('key', loader.load));
}

/** A look-up that leads a flight. */
export async function getLeading() {
  const { openCache } = await import('../subjects/caching.mjs');
  const cache = openCache();
  const value = Promise.resolve('value');
  return promisesMadeBy(() => void cache.get('key', () => value));
}

/** A caller who joins a flight and asks for nothing special. */
export async function join() {
  const { HeldLoader, openFlights } = await import('../subjects/coalescing.mjs');
  const flights = openFlights();
  const loader = new HeldLoader();
  void flights.run('key', loader.load);
  return promisesMadeBy(() => void flights.run('key', loader.load));
}

/** Starting a flight. */
export async function lead() {
  const { openFlights } = await import('../subjects/coalescing.mjs');
  const flights = openFlights();
  const value = Promise.resolve('value');
  return promisesMadeBy(() => void flights.run('key', () => value));
}

/** A call through a closed circuit. */
export async function execute() {
  const { lenientCircuit } = await import('../subjects/breaking.mjs');
  const circuit = lenientCircuit();
  const value = Promise.resolve('value');
  return promisesMadeBy(() => void circuit.execute(() => value));
}

/** The decision not to let a call through. */
export async function refusal() {
  const { openCircuit } = await import('../subjects/breaking.mjs');
  const circuit = openCircuit();
  return promisesMadeBy(() => circuit.admit());
}

/**
 * Marks that Node leaves on a new promise after flights have ended: it does where promises are tracked
 * by hooks, which costs each of them. From Node 24 on, async contexts need no hooks, and there are none.
 */
export async function trackedAfterFlights() {
  const { HeldLoader, openFlights } = await import('../subjects/coalescing.mjs');
  const flights = openFlights();
  const loader = new HeldLoader();
  const held = flights.run('held', loader.load);
  const during = marksOnPromise();
  const needsHooks = Number(process.versions.node.split('.', 1)[0]) < 24;
  if (needsHooks && during === 0) throw new Error('promises are not tracked during a flight');
  await flights.run('failing', () => Promise.reject(new Error('down'))).catch(() => {});
  loader.land('value');
  await held;
  await new Promise((resolve) => setImmediate(resolve));
  return marksOnPromise();
}

function marksOnPromise() {
  return Object.getOwnPropertySymbols(new Promise(() => {})).length;
}
