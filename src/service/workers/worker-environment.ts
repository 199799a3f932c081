import { join } from 'node:path';
import type { Settings } from '../config/index.js';

/** Tells a process that it is a worker, and which: its number, from 0. */
export const WORKER_VARIABLE = 'BREAKWATER_WORKER';

const MEBIBYTE = 2 ** 20;

/** What memory holds of cached answers: a part for each worker, and one for the store that they share. */
export function storeBytesOf({ WORKERS, MEMORY_CACHE_MAX_BYTES }: Settings): number {
  return shareOf(MEMORY_CACHE_MAX_BYTES, WORKERS + 1);
}

/**
 * What is different in the environment of one worker from that of the whole: of each bound its share, and
 * folders of its own, which no two processes could use.
 *
 * @param worker its number, from 0: one that takes the place of another has its folders
 */
export function workerEnvironment(settings: Settings, worker: number): Record<string, string> {
  const { WORKERS: workers, CACHE_DIR, SPILL_DIR, REDIS_URL } = settings;
  const own = `worker-${worker}`;
  const texts = Object.entries({
    [WORKER_VARIABLE]: worker,
    WORKERS: 1,
    MEMORY_CACHE_MAX_BYTES: shareOf(
      settings.MEMORY_CACHE_MAX_BYTES,
      REDIS_URL === undefined ? workers + 1 : workers,
    ),
    INFLIGHT_MAX_BYTES: shareOf(settings.INFLIGHT_MAX_BYTES, workers),
    COALESCING_MAX_FLIGHTS: Math.ceil(settings.COALESCING_MAX_FLIGHTS / workers),
    DISK_CACHE_MAX_BYTES: shareOf(settings.DISK_CACHE_MAX_BYTES, workers, MEBIBYTE),
    SPILL_MAX_BYTES: shareOf(settings.SPILL_MAX_BYTES, workers, MEBIBYTE),
    ...(CACHE_DIR !== undefined && { CACHE_DIR: join(CACHE_DIR, own) }),
    ...(SPILL_DIR !== undefined && { SPILL_DIR: join(SPILL_DIR, own) }),
  }).map(([name, value]) => [name, String(value)] as const);
  return Object.fromEntries(texts);
}

function shareOf(whole: number, parts: number, least = 1): number {
  return Math.max(least, Math.floor(whole / parts));
}
