// Nanoseconds of CPU per operation, after warming up. CPU, garbage collection included, rather than time
// on the wall: what else the machine does must not count, and what an operation leaves to clean up must.
import { measure } from 'mitata';

const WARM_UP_MS = 150;
/** Many functions take part in one of a batch: the compiler, whose CPU counts, is done with them later. */
const BATCHED_WARM_UP_MS = 1_200;
const MEASURED_MS = { quick: 150, full: 500 };

/** @param {boolean} quick */
export function budgetMs(quick) {
  return quick ? MEASURED_MS.quick : MEASURED_MS.full;
}

/** CPU that this process has used, in milliseconds. */
export function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
}

/**
 * One operation, awaited if it returns a promise, again and again.
 *
 * @param {() => unknown} operation
 * @param {{ quick: boolean }} options
 */
export async function nsPerOperation(operation, { quick }) {
  // Before mitata looks: it decides by the first calls whether it times one call or thousands.
  const until = cpuMs() + WARM_UP_MS;
  while (cpuMs() < until) for (let i = 0; i < 100; i++) await operation();
  const { avg } = await measure(operation, {
    min_cpu_time: budgetMs(quick) * 1e6,
    now: () => cpuMs() * 1e6,
  });
  return avg;
}

/**
 * Batches of operations that are under way at the same time. `batch` returns the CPU of what
 * counts of it, as some need a preparation that does not.
 *
 * @param {() => Promise<number>} batch milliseconds
 * @param {number} operations in a batch
 * @param {{ quick: boolean }} options
 */
export async function nsPerBatched(batch, operations, { quick }) {
  const warm = cpuMs() + BATCHED_WARM_UP_MS;
  while (cpuMs() < warm) await batch();
  globalThis.gc();
  const until = cpuMs() + budgetMs(quick);
  let spent = 0;
  let batches = 0;
  while (cpuMs() < until) {
    spent += await batch();
    batches++;
  }
  return (spent * 1e6) / (batches * operations);
}
