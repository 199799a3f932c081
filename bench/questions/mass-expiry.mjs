import { setTimeout as sleep } from 'node:timers/promises';
import { apart } from '../harness/apart.mjs';
import { LoopPause } from '../harness/loop-pause.mjs';
import { defineQuestion } from '../harness/question.mjs';
import { cacheContenders, openCache } from '../peers/cache.mjs';

const KEYS = 100_000;
/** How many are asked for in one turn of the event loop, as by requests that arrive together. */
const TOGETHER = 100;
const TTL_MS = 2_000;
const QUICK = { keys: 20_000, ttlMs: 1_000 };
/** Sweeps come once a second, or at once. */
const AFTERMATH_MS = 1_500;

const OURS = 'Breakwater NamedCache.get';
const QUICK_NAMES = ['Map with TTL and LRU, by hand', OURS];
const NAMES = [
  ...QUICK_NAMES,
  'lru-cache fetch',
  'lru-cache fetch, ttlAutopurge',
  'async-cache-dedupe',
  'cache-manager',
  'cacheable',
  'cacheable, checkInterval',
  'bentocache',
];

export const question = defineQuestion({
  id: 'mass-expiry',
  title: `${KEYS.toLocaleString('en')} keys that expire together`,
  about:
    'The longest time in which the event loop did not turn: while all keys expire and are swept by ' +
    `those that sweep, and while all are then asked for again, ${TOGETHER} in a turn, and loaded at once.`,
  metrics: [
    { id: 'pause', title: 'Longest pause of the event loop', unit: 'ms', better: 'less' },
    { id: 'expiring', title: 'Longest pause while they expire', unit: 'ms', better: 'less' },
    { id: 'asked', title: 'Longest pause while they are asked for', unit: 'ms', better: 'less' },
  ],
  targets: [
    {
      metric: 'pause',
      of: OURS,
      atMost: 20,
      text: `no pause of the event loop over 20 ms when ${KEYS.toLocaleString('en')} keys expire together`,
    },
  ],
  open: async ({ quick }) =>
    apart(import.meta.url, cacheContenders(quick ? QUICK_NAMES : NAMES), { quick }),
});

/** @param {string} name @param {{ quick: boolean }} options */
export async function measure(name, { quick }) {
  const { keys: count, ttlMs } = quick ? QUICK : { keys: KEYS, ttlMs: TTL_MS };
  let calls = 0;
  const load = async (key) => {
    calls++;
    return { key };
  };
  const options = { load, ttlMs, maxEntries: 2 * count, keeps: true };
  const cache = await openCache(name, options);
  const keys = Array.from({ length: count }, (_, i) => `product:${i}`);
  await askAll(cache, keys);
  const lastAsked = performance.now();
  // Those that were asked for last must be there, or nothing was kept that could expire.
  await askAll(cache, keys.slice(-TOGETHER));
  if (calls !== count) throw new Error(`${calls} loads for ${count} keys`);
  const before = calls;
  globalThis.gc();

  const expiring = new LoopPause();
  await sleep(ttlMs + AFTERMATH_MS - (performance.now() - lastAsked));
  const pauses = { expiring: await expiring.stop() };

  const asked = new LoopPause();
  await askAll(cache, keys);
  pauses.asked = await asked.stop();
  if (calls - before !== count) {
    throw new Error(`${calls - before} loads of ${count} expired keys`);
  }
  return { pause: Math.max(pauses.expiring, pauses.asked), ...pauses };
}

/** @param {import('../peers/cache.mjs').Cache} cache @param {readonly string[]} keys */
async function askAll(cache, keys) {
  for (let i = 0; i < keys.length; i += TOGETHER) {
    await Promise.all(keys.slice(i, i + TOGETHER).map((key) => cache.ask(key)));
    await new Promise((resolve) => setImmediate(resolve));
  }
}
