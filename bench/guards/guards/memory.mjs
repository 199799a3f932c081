// What a million operations leave behind.
import { liveBytes } from '../meters/heap.mjs';
import { loadBuilt } from '../built.mjs';

const OPERATIONS = 1_000_000;
const WARM_UP = 150_000;

/** Maps grow and shrink by halves: the least of several looks, this many operations apart. */
const LOOKS = 4;
const APART = 40_000;

/** All bounds are small, so that all of them are reached. */
const BOUND = 1_000;
/** As many keys again as there is room for. */
const KEYS = 2 * BOUND;

/** MiB by which the heap has grown after operations of all kinds, on keys without number. */
export async function growth() {
  const step = await openMixture();
  await go(step, WARM_UP);
  const before = await leastLiveBytes(step);
  await go(step, OPERATIONS - LOOKS * APART);
  return Math.max(0, (await leastLiveBytes(step)) - before) / 2 ** 20;
}

/** @param {(i: number) => unknown} step */
async function leastLiveBytes(step) {
  let least = Infinity;
  for (let look = 0; look < LOOKS; look++) {
    await go(step, APART);
    least = Math.min(least, await liveBytes());
  }
  return least;
}

/** @param {(i: number) => unknown} step @param {number} times */
async function go(step, times) {
  for (let i = 0; i < times; i++) {
    const pending = step(i);
    if (pending) await pending;
    // Timers have their turn.
    if (i % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

async function openMixture() {
  const { CachingService, CoalescingService } = await loadBuilt('index.js');
  const { CircuitRegistry } = await loadBuilt('circuit-breaker/index.js');
  const flights = new CoalescingService({ flightTimeoutMs: 200, maxCoalescers: 100 });
  const caching = new CachingService({
    coalescer: flights.default,
    memory: { maxEntries: BOUND },
    maxRemembered: BOUND,
    maxInvalidations: BOUND,
  });
  const cache = caching.cache('guarded');
  const circuits = new CircuitRegistry({ maxKeys: 100, cooldownMs: 1 });
  const error = new Error('the backend is down');
  const load = async () => 'value';
  const fail = () => Promise.reject(error);
  const ignored = () => {};
  const timeoutMs = 60_000;
  let serial = 0;

  const operations = [
    () => void cache.peek(`key ${serial % KEYS}`),
    (i) => cache.get(`key ${i % KEYS}`, load, { tags: [`tag ${i % 100}`] }),
    () => cache.get(`new ${serial++}`, load),
    () => cache.get(`failing ${serial++}`, fail).catch(ignored),
    () => flights.run(`new ${serial++}`, load),
    () => Promise.all([flights.run('shared', load), flights.run('shared', load)]),
    () => Promise.all([flights.run('timed', load), flights.run('timed', load, { timeoutMs })]),
    () => flights.run(`failing ${serial++}`, fail).catch(ignored),
    () => flights.coalescer(`tenant ${serial++}`).run('key', load),
    () => circuits.keyed('tenants', `tenant ${serial++}`).execute(load),
    (i) =>
      circuits
        .keyed('tenants', `shaky ${i % 7}`)
        .execute(fail)
        .catch(ignored),
    (i) =>
      void circuits
        .keyed('tenants', `refused ${i % 50}`)
        .admit()
        .settle?.failure(error),
    (i) => void caching.invalidate(`key ${i % KEYS}`),
    (i) => void (i % 50 === 0 && caching.invalidateTag(`tag ${serial++ % 200}`)),
    (i) => void cache.set(`key ${i % KEYS}`, 'value', { tags: [`tag ${serial++}`] }),
    (i) => {
      const leaving = new AbortController();
      const left = flights.run(`left ${i % 10}`, load, { signal: leaving.signal }).catch(ignored);
      leaving.abort();
      return left;
    },
  ];
  return (i) => operations[i % operations.length](Math.floor(i / operations.length));
}
