// What an operation leaves to the slow garbage collection. What is gone soon is collected almost for free,
// unless something old points to it, be it garbage itself: a Set or Map whose members come and go replaces
// its table by a new one again and again, and each old table points to its last members and to the next.
import { loadBuilt } from '../built.mjs';
import { openFlights } from '../subjects/coalescing.mjs';

/** Under way at a time. */
const TOGETHER = 16;
const OPERATIONS = 20_000;

/** A flight whose loader has asked for its signal, while others are under way. */
export async function flight() {
  const flights = openFlights();
  return bytesLeftBy(async (i) => {
    let end;
    const load = (flight) => new Promise((resolve) => (end = flight.signal && resolve));
    const done = flights.run(`key ${i}`, load);
    return async () => {
      end(new Array(1_000).fill(i));
      await done;
    };
  });
}

/** A request that the drain watches, and all that a request holds. */
export async function request() {
  const { GracefulStop } = await loadBuilt('service/connections/graceful-stop.js');
  const drain = new GracefulStop({});
  return bytesLeftBy((i) => {
    const response = { all: new Array(1_000).fill(i) };
    drain.opened(undefined, response);
    return () => drain.closed(response);
  });
}

/** @param {(i: number) => (() => unknown) | Promise<() => unknown>} begin returns what ends it */
async function bytesLeftBy(begin) {
  const ends = [];
  for (let i = 0; i < TOGETHER; i++) ends.push(await begin(i));
  // All structures are old from now on.
  for (let pass = 0; pass < 3; pass++) globalThis.gc();
  const before = heapBytes();
  for (let i = TOGETHER; i < OPERATIONS; i++) {
    await ends[i % TOGETHER]();
    ends[i % TOGETHER] = await begin(i);
  }
  return (heapBytes() - before) / OPERATIONS;
}

/** In use, with what only the slow collection would find. */
function heapBytes() {
  for (let pass = 0; pass < 3; pass++) globalThis.gc({ type: 'minor' });
  return process.memoryUsage().heapUsed;
}
