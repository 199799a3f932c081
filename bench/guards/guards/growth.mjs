// CPU of one operation where there is much, as a multiple of what it is where there is little.
import { cpuRatio } from '../meters/cpu-ratio.mjs';

const LITTLE = 100;
const MUCH = 100_000;

const OPERATIONS = 10_000;

/** The same keys, wherever: what is compared is the work, and not how much the processor's caches hold. */
const ASKED = 64;

/** Joining a flight, by the number of flights under way. */
export async function join() {
  const { keepFlying, openFlights, standingKey } = await import('../subjects/coalescing.mjs');
  const pending = new Promise(() => {});
  const load = () => pending;
  return grownBy((n) => {
    const flights = openFlights();
    keepFlying(flights, n);
    const keys = asked(n).map(standingKey);
    return () => {
      for (let i = 0; i < OPERATIONS; i++) void flights.run(keys[i % ASKED], load);
      if (flights.size !== n) throw new Error('somebody did not join');
    };
  });
}

/** A flight from its beginning to its end, by the number of others under way. */
export async function lead() {
  const { keepFlying, openFlights } = await import('../subjects/coalescing.mjs');
  const value = Promise.resolve('value');
  const load = () => value;
  return grownBy((n) => {
    const flights = openFlights();
    keepFlying(flights, n);
    let flight = 0;
    return async () => {
      for (let i = 0; i < OPERATIONS / 5; i++) await flights.run(`led ${flight++}`, load);
    };
  });
}

/** A hit, by the number of entries. */
export async function hit() {
  const { warmCache } = await import('../subjects/caching.mjs');
  return grownBy((n) => {
    const { cache, keys } = warmCache(n);
    const few = asked(n).map((i) => keys[i]);
    return () => {
      for (let i = 0; i < OPERATIONS; i++) {
        if (cache.peek(few[i % ASKED]) === undefined) throw new Error('a hit was none');
      }
    };
  });
}

/** A new entry in place of the one that was used least recently, by the number of entries. */
export async function eviction() {
  const { warmCache } = await import('../subjects/caching.mjs');
  return grownBy((n) => {
    const { cache } = warmCache(n);
    let key = 0;
    return () => {
      for (let i = 0; i < OPERATIONS / 5; i++) cache.set(`new:${key++}`, 'value');
      if (cache.entries !== n) throw new Error('nothing made room');
    };
  });
}

/** A failure, by the number of calls by which the circuit is judged. */
export async function failure() {
  const { windowedCircuit } = await import('../subjects/breaking.mjs');
  const error = new Error('the backend is down');
  return grownBy((n) => {
    const circuit = windowedCircuit(n);
    return () => {
      for (let i = 0; i < OPERATIONS; i++) {
        const admission = circuit.admit();
        // Some succeed, so that it stays closed.
        if (i % 8 === 0) admission.settle.success();
        else admission.settle.threw(error);
      }
      if (circuit.state !== 'closed') throw new Error('the circuit has opened');
    };
  });
}

/** A circuit made for a key that is new, in place of the one that was used least recently. */
export async function newKey() {
  const { circuitsByKey } = await import('../subjects/breaking.mjs');
  return grownBy((n) => {
    const circuit = circuitsByKey(n);
    let key = 0;
    while (key < n) circuit(`tenant ${key++}`);
    return () => {
      for (let i = 0; i < OPERATIONS / 5; i++) circuit(`tenant ${key++}`);
    };
  });
}

/** @param {(n: number) => () => unknown} open */
function grownBy(open) {
  const little = open(LITTLE);
  return cpuRatio(open(MUCH), little);
}

/** As many numbers below `n`, evenly apart. @param {number} n */
function asked(n) {
  return Array.from({ length: ASKED }, (_, i) => Math.floor((i * n) / ASKED));
}
