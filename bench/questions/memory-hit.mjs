import { apart } from '../harness/apart.mjs';
import { defineQuestion } from '../harness/question.mjs';
import { nsPerOperation } from '../harness/timing.mjs';
import { cacheContenders, openCache } from '../peers/cache.mjs';

const KEYS = 1_024;

const OURS = 'Breakwater NamedCache.get';
const RIVAL = 'lru-cache fetch';
const QUICK = [
  'Map, by hand',
  'Map with TTL and LRU, by hand',
  OURS,
  'Breakwater NamedCache.peek (synchronous)',
  RIVAL,
];
const NAMES = [
  ...QUICK,
  'Breakwater NamedCache.get, detectSelfJoin off',
  'lru-cache get (synchronous)',
  'p-memoize',
  'async-cache-dedupe',
  'cache-manager',
  'cacheable',
  'bentocache',
];

export const question = defineQuestion({
  id: 'memory-hit',
  title: 'A hit in memory',
  about:
    `${KEYS.toLocaleString('en')} keys are warm; one caller after the other asks for one of them, and ` +
    'awaits the answer where it is a promise.',
  metrics: [{ id: 'hit', title: 'One hit', unit: 'ns', better: 'less' }],
  targets: [
    {
      metric: 'hit',
      of: OURS,
      against: RIVAL,
      atMost: 1,
      text: "a hit in memory costs at most what lru-cache's fetch costs",
    },
    {
      metric: 'hit',
      of: 'Breakwater NamedCache.peek (synchronous)',
      against: RIVAL,
      atMost: 1,
      text: "a hit by peek costs at most what lru-cache's fetch costs",
    },
  ],
  open: async ({ quick }) =>
    apart(import.meta.url, cacheContenders(quick ? QUICK : NAMES), { quick }),
});

/** @param {string} name @param {{ quick: boolean }} options */
export async function measure(name, { quick }) {
  let calls = 0;
  const load = async (key) => {
    calls++;
    return { key };
  };
  const options = { load, ttlMs: 600_000, maxEntries: 2 * KEYS, keeps: true };
  const cache = await openCache(name, options);
  const keys = Array.from({ length: KEYS }, (_, i) => `product:${i}`);
  for (const key of keys) await cache.ask(key);

  let turn = 0;
  const hit = await nsPerOperation(() => cache.ask(keys[turn++ % KEYS]), { quick });

  for (const key of keys) {
    const value = await cache.ask(key);
    if (value.key !== key) throw new Error(`${key} has the value of ${value.key}`);
  }
  if (calls !== KEYS) throw new Error(`${calls} calls of the loader for ${KEYS} keys: no hits`);
  return { hit };
}
