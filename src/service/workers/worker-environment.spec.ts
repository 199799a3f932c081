import { describe, expect, it } from '@jest/globals';
import { parseSettings } from '../config/index.js';
import { storeBytesOf, workerEnvironment } from './worker-environment.js';

const MEBIBYTE = 2 ** 20;

describe('the environment of one of several workers', () => {
  it('has of each bound its share, so that the machine keeps to the whole', () => {
    const settings = parseSettings({
      WORKERS: '3',
      MEMORY_CACHE_MAX_BYTES: String(400 * MEBIBYTE),
      INFLIGHT_MAX_BYTES: String(300 * MEBIBYTE),
      COALESCING_MAX_FLIGHTS: '1000',
    });
    const env = workerEnvironment(settings, 2);
    expect(env).toEqual({
      BREAKWATER_WORKER: '2',
      WORKERS: '1',
      MEMORY_CACHE_MAX_BYTES: String(100 * MEBIBYTE),
      INFLIGHT_MAX_BYTES: String(100 * MEBIBYTE),
      COALESCING_MAX_FLIGHTS: '334',
      DISK_CACHE_MAX_BYTES: String(Math.floor(2 ** 30 / 3)),
      SPILL_MAX_BYTES: String(Math.floor(2 ** 30 / 3)),
    });
    expect(storeBytesOf(settings)).toBe(100 * MEBIBYTE);
    expect(parseSettings(env).WORKERS).toBe(1);
  });

  it('keeps nothing for a store that is elsewhere', () => {
    const settings = parseSettings({ WORKERS: '2', REDIS_URL: 'redis://store' });
    const { MEMORY_CACHE_MAX_BYTES } = workerEnvironment(settings, 0);
    expect(MEMORY_CACHE_MAX_BYTES).toBe(String(32 * MEBIBYTE));
  });

  it('has folders of its own, that are those of the worker before it', () => {
    const settings = parseSettings({ WORKERS: '2', CACHE_DIR: '/cache', SPILL_DIR: '/spill' });
    for (const worker of [0, 1]) {
      expect(workerEnvironment(settings, worker)).toMatchObject({
        CACHE_DIR: `/cache/worker-${worker}`,
        SPILL_DIR: `/spill/worker-${worker}`,
      });
    }
  });

  it('is one that can be used, however small the whole', () => {
    const settings = parseSettings({
      ...{ WORKERS: '64', MEMORY_CACHE_MAX_BYTES: '1', DISK_CACHE_MAX_BYTES: String(MEBIBYTE) },
      ...{ BACKEND_MAX_BODY_BYTES: '10', INFLIGHT_MAX_BYTES: '640' },
    });
    const env = { BACKEND_MAX_BODY_BYTES: '10', ...workerEnvironment(settings, 63) };
    expect(parseSettings(env)).toMatchObject({
      ...{ MEMORY_CACHE_MAX_BYTES: 1, DISK_CACHE_MAX_BYTES: MEBIBYTE, INFLIGHT_MAX_BYTES: 10 },
    });
  });
});
