import { PerformanceObserver } from 'node:perf_hooks';

const WARM_UP_MS = 250;
const ROUNDS = 5;

/**
 * Bytes that one operation allocates, whether they are garbage at once or not: how far the heap grows
 * while nothing is collected. The median of several rounds, as the compiler allocates now and then, and
 * buffers of old are given back late.
 *
 * @param {(times: number) => unknown} operate does it so many times; a promise is waited for
 * @param {number} times few enough for what they allocate to fit into the young generation
 * @param {() => unknown} [prepare] what comes before a round and does not count
 */
export async function bytesPerOperation(operate, times, prepare) {
  const collections = watchCollections();
  const warm = performance.now() + WARM_UP_MS;
  while (performance.now() < warm) {
    await prepare?.();
    await operate(Math.ceil(times / 4));
  }
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    await prepare?.();
    globalThis.gc();
    // The collector and the compiler have threads of their own: what they have under way comes to its end.
    await new Promise((resolve) => setTimeout(resolve, 20));
    const started = performance.now();
    const before = bytesInUse();
    await operate(times);
    const bytes = bytesInUse() - before;
    if (!(await collections.since(started))) rounds.push(bytes / times);
  }
  if (rounds.length === 0) throw new Error('every round was disturbed by a collection');
  return rounds.sort((a, b) => a - b)[Math.floor(rounds.length / 2)];
}

function bytesInUse() {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Node tells of a collection in a later turn of the event loop. */
function watchCollections() {
  const ends = [];
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) ends.push(entry.startTime);
  });
  observer.observe({ entryTypes: ['gc'] });
  return {
    /** Whether there was one after `started`. @param {number} started */
    async since(started) {
      for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
      return ends.some((end) => end > started);
    },
  };
}
