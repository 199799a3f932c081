import { apart } from '../harness/apart.mjs';
import { defineQuestion } from '../harness/question.mjs';
import { cpuMs, nsPerBatched } from '../harness/timing.mjs';
import { cacheContenders, openCache } from '../peers/cache.mjs';

const MISSES = 100;
const MAX_ENTRIES = 10_000;

const KEEPING = 'Map with TTL and LRU, by hand';
const OURS = 'Breakwater NamedCache.get';
const QUICK = [
  'Map of promises, by hand',
  KEEPING,
  OURS,
  'Breakwater CoalescingService',
  'lru-cache fetch',
];
const NAMES = [
  ...QUICK,
  'Breakwater, detectSelfJoin off',
  'Breakwater NamedCache.get, detectSelfJoin off',
  'async-cache-dedupe',
  'p-memoize',
  'dataloader',
  'cache-manager',
  'cacheable',
  'bentocache',
];

export const question = defineQuestion({
  id: 'miss',
  title: 'A miss, with a loader that answers at once',
  about:
    `${MISSES} callers at a time ask for keys that nobody has asked for, and an async loader answers ` +
    `at once. All but the Map of promises, dataloader and CoalescingService keep the value, most of ` +
    `them ${MAX_ENTRIES.toLocaleString('en')} of them at most.`,
  metrics: [{ id: 'miss', title: 'One miss, loaded and kept', unit: 'ns', better: 'less' }],
  targets: [
    {
      metric: 'miss',
      of: OURS,
      against: KEEPING,
      atMost: 1,
      text: 'a miss costs at most that of a hand-written Map with expiry and order of use',
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
  const options = { load, ttlMs: 60_000, maxEntries: MAX_ENTRIES, keeps: true };
  const cache = await openCache(name, options);
  let asked = 0;
  let answered = 0;
  /** @type {() => void} */
  let allAnswered;
  const onValue = (value) => {
    if (typeof value.key !== 'string') throw new Error('that is not what the loader returned');
    if (++answered === asked) allAnswered();
  };

  const batch = async () => {
    const keys = Array.from({ length: MISSES }, (_, i) => `key ${asked + i}`);
    const done = new Promise((resolve) => (allAnswered = resolve));
    asked += MISSES;
    const started = cpuMs();
    for (const key of keys) cache.ask(key).then(onValue);
    await done;
    const took = cpuMs() - started;
    if (calls !== asked) throw new Error(`${calls} calls of the loader for ${asked} misses`);
    return took;
  };
  return { miss: await nsPerBatched(batch, MISSES, { quick }) };
}
