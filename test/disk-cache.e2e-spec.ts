import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { get } from './support/http-client.js';
import { ScriptedBackend } from './support/scripted-backend.js';
import { programOf } from '../src/ground/testing/programs.js';
import { ServiceProcess } from './support/service-process.js';

// A busy machine is no failure; what hangs is named by its own barrier long before.
jest.setTimeout(180_000);

interface TierReport {
  readonly status: string;
  readonly entries: number;
  readonly damaged: number;
  readonly reason?: string;
}

let folder: string;
let backend: ScriptedBackend;
let service: ServiceProcess | undefined;

/** Starts the service on the folder, in place of the one before if there is one. */
async function start(env: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> {
  service = await ServiceProcess.start({
    BACKEND_URL: backend.url,
    CACHE_DIR: folder,
    FRESH_TTL_MS: '600000',
    STALE_TTL_MS: '600000',
    SHUTDOWN_DRAIN_MS: '0',
    HEALTH_DETAILS: 'full',
    ...env,
  });
  return service;
}

async function stop({ signal }: { signal: NodeJS.Signals }): Promise<void> {
  service?.signal(signal);
  await service?.exited;
}

const ask = (id: string) => get(service?.port ?? 0, `/products?productId=${id}`);

async function diskTier(): Promise<TierReport | undefined> {
  const { body } = await get(service?.port ?? 0, '/health');
  const { details } = JSON.parse(body.toString()) as {
    details: { caching: { tiers: { disk?: TierReport } } };
  };
  return details.caching.tiers.disk;
}

/** Waits for what is written behind. */
async function onDisk(entries: number): Promise<void> {
  for (const deadline = Date.now() + 40_000; Date.now() < deadline; await sleep(10)) {
    if ((await diskTier())?.entries === entries) return;
  }
  throw new Error(`never ${entries} entries: ${JSON.stringify(await diskTier())}`);
}

beforeAll(() => {
  programOf('service');
}, 180_000);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-cache-'));
  backend = await ScriptedBackend.start();
});

afterEach(async () => {
  await service?.kill();
  service = undefined;
  await backend.down();
  rmSync(folder, { recursive: true, force: true });
});

describe('the service with CACHE_DIR', () => {
  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'answers from the cache after %s and a restart, with the true Age and no backend call',
    async (signal) => {
      await start();
      const first = await ask('a');
      const bornAt = Date.now();
      expect(first.headers['cache-status']).toContain('stored');
      await onDisk(1);
      await stop({ signal });

      await start();
      // The Age has whole seconds: at least one, to be told from an age that began anew.
      await sleep(Math.max(0, bornAt + 1_100 - Date.now()));
      const again = await ask('a');
      const ageMs = Date.now() - bornAt;
      expect(again.headers['cache-status']).toMatch(/^breakwater; hit; ttl=\d+$/);
      expect(again.body).toEqual(first.body);
      const age = Number(again.headers['age']);
      expect(age).toBeGreaterThanOrEqual(1);
      expect(age).toBeLessThanOrEqual(Math.ceil(ageMs / 1_000));
      expect(backend.total).toBe(1);
    },
  );

  it('shares it with another process on the same folder', async () => {
    const first = await start();
    await ask('a');
    await onDisk(1);
    await start();
    expect((await ask('a')).headers['cache-status']).toMatch(/^breakwater; hit;/);
    expect(backend.total).toBe(1);
    await first.kill();
  });

  it('sets a damaged cache aside, counts it, and goes on', async () => {
    await start();
    await ask('a');
    await onDisk(1);
    await stop({ signal: 'SIGTERM' });
    truncateSync(join(folder, 'disk-tier', 'records.db'), 5_000);

    await start();
    expect((await ask('a')).status).toBe(200);
    await onDisk(1);
    expect((await diskTier())?.damaged).toBeGreaterThan(0);
    expect(readdirSync(folder).some((name) => name.startsWith('damaged-'))).toBe(true);
    expect((await ask('a')).headers['cache-status']).toMatch(/^breakwater; hit;/);
    expect(backend.total).toBe(2);
  });

  it('does without the disk where the folder cannot be had: told once, seen in health', async () => {
    writeFileSync(join(folder, 'file'), '');
    const running = await start({ CACHE_DIR: join(folder, 'file', 'cache') });
    await running.waitForLine('The disk does not work');
    for (let i = 0; i < 5; i++) expect((await ask(`a${i % 2}`)).status).toBe(200);
    const { status, reason } = (await diskTier()) ?? {};
    expect([status, reason]).toEqual(['degraded', expect.not.stringContaining(folder)]);
    expect((await get(running.port, '/health')).status).toBe(200);
    expect(backend.total).toBe(2);
    const told = running.lines.filter((line) => line.includes('The disk does not work'));
    expect(told).toHaveLength(1);
  });

  it('does without the disk where no folder can be made, and starts at once', async () => {
    const running = await start({ CACHE_DIR: '/proc/nope/cache' });
    await running.waitForLine('The disk does not work');
    expect((await ask('a')).status).toBe(200);
    expect(await diskTier()).toMatchObject({ status: 'degraded', reason: expect.any(String) });
  });

  it('has no disk tier without it', async () => {
    await start({ CACHE_DIR: '' });
    await ask('a');
    expect(await diskTier()).toBeUndefined();
    expect(readdirSync(folder)).toEqual([]);
  });
});
