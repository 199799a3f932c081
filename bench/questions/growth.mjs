import { apart, measureApart } from '../harness/apart.mjs';
import { defineQuestion } from '../harness/question.mjs';
import { nsPerOperation } from '../harness/timing.mjs';
import { cacheContenders, openCache } from '../peers/cache.mjs';

const LIMIT = 'by hand: Map with TTL and LRU, Map of promises';
const OURS = 'Breakwater: NamedCache.get, CoalescingService';
/** Which contenders answer for hits and for flights. */
const MADE_OF = {
  [LIMIT]: ['limit', 'Map with TTL and LRU, by hand', 'Map of promises, by hand'],
  [OURS]: ['ours', 'Breakwater NamedCache.get', 'Breakwater CoalescingService'],
  'lru-cache fetch': ['peer', 'lru-cache fetch', 'lru-cache fetch'],
};

const HITS = [1, 1_000, 1_000_000];
const FLIGHTS = [1, 100, 10_000];
/** A million keys take their time to be stored. */
const QUICK_MOST = 100_000;

/** Room for a million entries of anybody. */
const FLAGS = ['--max-old-space-size=4096'];

export const question = defineQuestion({
  id: 'growth',
  title: 'How the cost grows with the number of keys',
  about:
    'A hit among a million keys against a hit where there is one, and starting and ending a flight ' +
    'among ten thousand others against one alone. Keys are asked for in scattered order: the caches of ' +
    'the processor are part of it, which is why growth is compared with that of maps by hand.',
  metrics: [
    { id: 'hits', title: 'A hit among 1 000 000 keys, of one among 1', unit: '×', better: 'less' },
    { id: 'leads', title: 'A flight among 10 000, of one alone', unit: '×', better: 'less' },
    ...HITS.map((n) => ({
      id: `hit${n}`,
      title: `A hit: ${count(n)}`,
      unit: 'ns',
      better: 'less',
    })),
    ...FLIGHTS.map((n) => ({
      id: `lead${n}`,
      title: `A flight: ${count(n)} under way`,
      unit: 'ns',
      better: 'less',
    })),
  ],
  targets: [
    {
      metric: 'hits',
      of: OURS,
      against: LIMIT,
      atMost: 1.25,
      text: 'a hit grows with the number of keys no more than by hand, within a quarter',
    },
    {
      metric: 'hit1000000',
      of: OURS,
      against: LIMIT,
      atMost: 1.25,
      text: 'a hit among a million keys costs at most a quarter more than by hand',
    },
    {
      metric: 'leads',
      of: OURS,
      against: LIMIT,
      atMost: 1.25,
      text: 'a flight grows with the number of flights no more than by hand, within a quarter',
    },
  ],
  async open({ quick }) {
    const entries = Object.entries(MADE_OF).slice(0, quick ? 2 : undefined);
    const contenders = entries.map(([name, [role, ofHits]]) => {
      const [{ version }] = cacheContenders([ofHits]);
      return { name, role, ...(version && { version }), measure: () => measureAll(name, quick) };
    });
    return { ...apart(import.meta.url, [], { quick }), contenders };
  },
});

/** @param {number} n */
function count(n) {
  return `${n.toLocaleString('en').replaceAll(',', ' ')} ${n === 1 ? 'key' : 'keys'}`;
}

/** A process for each size: a heap that once was large is another heap. @param {string} name @param {boolean} quick */
async function measureAll(name, quick) {
  const figures = {};
  const [, ofHits, ofFlights] = MADE_OF[name];
  const ends = (sizes) => (quick ? [sizes[0], sizes[2]] : sizes);
  const nsOf = async (of, kind, n) =>
    (await measureApart(import.meta.url, of, { quick, kind, n }, FLAGS)).ns;
  for (const n of ends(HITS)) {
    figures[`hit${n}`] = await nsOf(ofHits, 'hit', quick ? Math.min(n, QUICK_MOST) : n);
  }
  for (const n of ends(FLIGHTS)) figures[`lead${n}`] = await nsOf(ofFlights, 'lead', n);
  figures.hits = figures[`hit${HITS[2]}`] / figures[`hit${HITS[0]}`];
  figures.leads = figures[`lead${FLIGHTS[2]}`] / figures[`lead${FLIGHTS[0]}`];
  return figures;
}

/** @param {string} name @param {{ quick: boolean, kind: 'hit' | 'lead', n: number }} options */
export async function measure(name, { quick, kind, n }) {
  return { ns: kind === 'hit' ? await nsOfHit(name, n, quick) : await nsOfFlight(name, n, quick) };
}

/** @param {string} name @param {number} n @param {boolean} quick */
async function nsOfHit(name, n, quick) {
  let calls = 0;
  const load = async (key) => {
    calls++;
    return { key };
  };
  const options = { load, ttlMs: 3_600_000, maxEntries: n + 1, keeps: true };
  const cache = await openCache(name, options);
  const keys = Array.from({ length: n }, (_, i) => `product:${i}`);
  for (const key of keys) {
    if (cache.put) cache.put(key, { key });
    else await cache.ask(key);
  }
  const before = calls;
  const next = scattered(keys);
  const ns = await nsPerOperation(() => cache.ask(next()), { quick });
  if (calls !== before) throw new Error(`${calls - before} of its hits were none`);
  return ns;
}

/** One flight after the other, while `n - 1` others are under way. @param {string} name @param {number} n @param {boolean} quick */
async function nsOfFlight(name, n, quick) {
  let calls = 0;
  const load = (key) => {
    calls++;
    return key.startsWith('standing') ? new Promise(() => {}) : Promise.resolve(key);
  };
  const options = { load, ttlMs: 60_000, maxEntries: n + 1_000, keeps: false };
  const cache = await openCache(name, options);
  for (let i = 1; i < n; i++) void cache.ask(`standing ${i}`);
  let flights = n - 1;
  const ns = await nsPerOperation(() => cache.ask(`flight ${flights++}`), { quick });
  if (calls !== flights) throw new Error(`${calls} calls of the loader for ${flights} flights`);
  return ns;
}

/** Goes through `values` in an order that no prefetcher guesses. @template T @param {T[]} values @returns {() => T} */
function scattered(values) {
  // Odd steps reach every place of a power of two; the rest is skipped.
  const size = 2 ** Math.ceil(Math.log2(values.length));
  let at = 0;
  return () => {
    do at = (at * 5 + 12_345) % size;
    while (at >= values.length);
    return values[at];
  };
}
