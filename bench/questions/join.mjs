import { apart } from '../harness/apart.mjs';
import { defineQuestion } from '../harness/question.mjs';
import { cpuMs, nsPerBatched } from '../harness/timing.mjs';
import { cacheContenders, openCache } from '../peers/cache.mjs';

const JOINS = 1_000;

const LIMIT = 'Map of promises, by hand';
const OURS = 'Breakwater CoalescingService';
const LOOK_UP = 'Breakwater NamedCache.get';
const NAMES = [
  LIMIT,
  'Map of promises in an async context, by hand',
  OURS,
  'Breakwater, detectSelfJoin off',
  LOOK_UP,
  'Breakwater NamedCache.get, detectSelfJoin off',
  'async-cache-dedupe',
  'p-memoize',
  'lru-cache fetch',
  'dataloader',
  'cache-manager',
  'cacheable',
  'bentocache',
];
const QUICK = [LIMIT, OURS, 'async-cache-dedupe', 'lru-cache fetch'];

export const question = defineQuestion({
  id: 'join',
  title: 'Joining a flight',
  about:
    `${JOINS} callers join a call for one key that is under way, and each has a reaction on its ` +
    'outcome. The time of a join is from the first of them until the last has its value; the mean ' +
    'over many flights, each with a new key.',
  metrics: [{ id: 'join', title: 'One join, with its outcome', unit: 'ns', better: 'less' }],
  targets: [
    {
      metric: 'join',
      of: OURS,
      against: LIMIT,
      atMost: 2,
      text: 'a join costs at most twice that of a hand-written Map of promises',
    },
    {
      metric: 'join',
      of: 'Breakwater, detectSelfJoin off',
      against: LIMIT,
      atMost: 2,
      text: 'the same with detectSelfJoin off',
    },
    {
      metric: 'join',
      of: LOOK_UP,
      against: LIMIT,
      atMost: 4,
      text: 'a join through a look-up costs at most four times that of a hand-written Map of promises',
    },
  ],
  open: async ({ quick }) =>
    apart(import.meta.url, cacheContenders(quick ? QUICK : NAMES), { quick }),
});

/** @param {string} name @param {{ quick: boolean }} options */
export async function measure(name, { quick }) {
  let calls = 0;
  /** @type {(value: unknown) => void} */
  let land;
  const load = () => {
    calls++;
    return new Promise((resolve) => (land = resolve));
  };
  const cache = await openCache(name, { load, ttlMs: 60_000, maxEntries: 1_000, keeps: false });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  let flight = 0;
  let landed = 0;
  /** @type {() => void} */
  let allLanded;
  const onValue = (value) => {
    if (value.flight !== flight) throw new Error('a joiner got the value of another flight');
    if (++landed === JOINS) allLanded();
  };

  const batch = async () => {
    const key = `flight ${++flight}`;
    const led = cache.ask(key);
    // Some take several turns to call the loader.
    for (let turns = 0; calls < flight && turns < 100; turns++) await turn();
    const done = new Promise((resolve) => (allLanded = resolve));
    landed = 0;
    const started = cpuMs();
    for (let i = 0; i < JOINS; i++) cache.ask(key).then(onValue);
    land({ flight });
    await done;
    const took = cpuMs() - started;
    await led;
    if (calls !== flight) throw new Error(`${calls} calls for ${flight} flights: nobody joined`);
    return took;
  };
  return { join: await nsPerBatched(batch, JOINS, { quick }) };
}
