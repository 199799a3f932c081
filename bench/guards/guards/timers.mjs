// How many timers there are. What is counted includes immediates, and timers that keep no process alive.
import { TimerWatch } from '../meters/timers.mjs';

const CIRCUITS = 10_000;
const ENTRIES = 10_000;

/** Hits in memory, a thousand in each turn: timers made for each millisecond. */
export async function hits() {
  const { warmCache } = await import('../subjects/caching.mjs');
  const { cache, keys } = warmCache(1_000);
  const watch = new TimerWatch();
  const started = performance.now();
  for (let turn = 0; turn < 1_000; turn++) {
    for (const key of keys) if (cache.peek(key) === undefined) throw new Error('a hit was none');
    await new Promise((resolve) => setImmediate(resolve));
  }
  return watch.made / Math.ceil(performance.now() - started);
}

/** Ten thousand callers who join one flight, half of them with a deadline. */
export async function joins() {
  const { HeldLoader, openFlights } = await import('../subjects/coalescing.mjs');
  const flights = openFlights();
  const loader = new HeldLoader();
  void flights.run('key', loader.load);
  const watch = new TimerWatch();
  for (let i = 0; i < 10_000; i++) {
    void flights.run('key', loader.load, i % 2 === 0 ? { timeoutMs: 60_000 } : undefined);
  }
  return watch.made;
}

/** Flights one after the other, ten thousand of them. */
export async function flights() {
  const { openFlights } = await import('../subjects/coalescing.mjs');
  const service = openFlights();
  const watch = new TimerWatch();
  const load = async () => 'value';
  for (let i = 0; i < 10_000; i++) await service.run(`key ${i}`, load);
  return watch.made;
}

/** Circuits of which a third is closed, a third open and a third half-open with a probe on its way. */
export async function circuits() {
  const watch = new TimerWatch();
  await makeCircuits();
  return watch.made;
}

/** Heap of one of these circuits. */
export async function circuitBytes() {
  const { liveBytes } = await import('../meters/heap.mjs');
  // What the first ones load and compile is not theirs.
  await makeCircuits();
  const before = await liveBytes();
  const kept = await makeCircuits();
  const bytes = (await liveBytes()) - before;
  return bytes / kept.length;
}

/** What an idle service holds while its cache is full of entries. */
export async function idleService() {
  const { PRODUCT, startService } = await import('../subjects/service.mjs');
  const { Connection } = await import('../subjects/connection.mjs');
  const { loadBuilt } = await import('../built.mjs');
  const { CachingService } = await loadBuilt('index.js');
  const watch = new TimerWatch();
  // The one timer of flights goes by itself after a second more than a call may take.
  const { app, server } = await startService({ BACKEND_TIMEOUT_MS: '50' });
  const connection = new Connection(server, PRODUCT);
  for (let i = 0; i < 10; i++) await connection.ask();
  if (!/cache-status: \S+; hit/i.test(connection.answer)) throw new Error('a hit was none');
  // Nobody is connected to an idle service: a timer looks out for clients that read nothing.
  connection.destroy();
  const caching = app.get(CachingService, { strict: false });
  for (let i = 0; i < ENTRIES; i++) caching.set(`product:${i}`, { i });
  if (caching.cache().entries !== ENTRIES) throw new Error('not all entries were kept');
  caching.peek('product:1');
  if (watch.made === 0) throw new Error('it made timers, and none was seen');
  // One timer looks after connections, while there are any.
  connection.destroy();
  const until = performance.now() + 3_000;
  while (watch.held > 0 && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  for (const origin of watch.origins) console.error(origin);
  return watch.held;
}

async function makeCircuits() {
  const { SetClock, circuitsByKey } = await import('../subjects/breaking.mjs');
  const clock = new SetClock();
  const circuit = circuitsByKey(CIRCUITS, clock);
  const made = Array.from({ length: CIRCUITS }, (_, i) => circuit(`tenant ${i}`));
  const [halfOpen, open] = [0, 1].map((rest) => made.filter((_, i) => i % 3 === rest));
  const fail = (each) => {
    while (each.state === 'closed') each.admit().settle.failure();
  };
  halfOpen.forEach(fail);
  clock.skipCooldown();
  for (const each of halfOpen) each.admit();
  open.forEach(fail);
  for (const each of made) if (each.state === 'closed') await each.execute(async () => 'value');
  const states = new Set(made.map(({ state }) => state));
  if (states.size !== 3) throw new Error(`only ${[...states]} circuits`);
  return made;
}
