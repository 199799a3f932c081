import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ManualClock } from '../../src/ground/manual-clock.js';
import { get } from './http-client.js';
import { ServiceProcess } from './service-process.js';

/** As many workers as `SERVICE_WORKERS` says serve in the suites that speak plain HTTP to a service. */
export const WORKERS = Number(process.env['SERVICE_WORKERS'] ?? 1);

const LIMIT_MS = 40_000;
const PRELOAD = join(process.cwd(), 'test/support/machine-preload.mjs');

/** The built service with its workers, whose requests a test counts and whose time it moves. */
export class Machine {
  private constructor(
    private readonly process: ServiceProcess,
    private readonly folder: string,
    private readonly unfollow: () => void,
  ) {}

  /** Resolves when all workers serve. */
  static async start(
    env: Readonly<Record<string, string>>,
    clock: ManualClock | undefined,
  ): Promise<Machine> {
    const folder = mkdtempSync(join(tmpdir(), 'breakwater-machine-'));
    const unfollow = clock ? follow(clock, join(folder, 'clock')) : () => undefined;
    const process = await ServiceProcess.start({
      ...env,
      WORKERS: String(WORKERS),
      NODE_OPTIONS: `--import=${PRELOAD}`,
      TEST_MACHINE: folder,
    });
    const machine = new Machine(process, folder, unfollow);
    await machine.eventually('all workers', async () => {
      const { text } = await get(process.port, '/health');
      const { details } = JSON.parse(text) as { details: { workers: { running: number } } };
      return details.workers.running === WORKERS;
    });
    return machine;
  }

  get port(): number {
    return this.process.port;
  }

  /** Requests that each process has taken in. */
  get arrivals(): ReadonlyMap<string, number> {
    const files = readdirSync(this.folder).filter((file) => file.startsWith('arrived.'));
    return new Map(files.map((file) => [file, readFileSync(join(this.folder, file)).length]));
  }

  /** Resolves once so many requests have been taken in. */
  reaches(count: number): Promise<void> {
    return this.eventually(`${count} requests`, () => Promise.resolve(this.arrived >= count));
  }

  get arrived(): number {
    return [...this.arrivals.values()].reduce((sum, each) => sum + each, 0);
  }

  /** A whole request of each worker later. */
  async fence(): Promise<void> {
    const before = this.arrivals;
    await this.eventually('each worker', async () => {
      await get(this.port, '/health/live');
      return [...this.arrivals].every(([file, count]) => count > (before.get(file) ?? 0));
    });
  }

  async close(): Promise<void> {
    this.unfollow();
    await this.process.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async eventually(what: string, condition: () => Promise<boolean>): Promise<void> {
    for (const deadline = Date.now() + LIMIT_MS; Date.now() < deadline; await sleep(10)) {
      if (await condition()) return;
    }
    throw new Error(`never: ${what}\n${this.process.stdout}\n${this.process.stderr}`);
  }
}

/** Has processes that read this file live by the clock of a test, until what is returned is called. */
function follow(clock: ManualClock, file: string): () => void {
  let isFollowed = true;
  const tell = () => {
    if (!isFollowed) return;
    writeFileSync(file, new Float64Array([clock.monotonic(), clock.wall()]), { flag: 'r+' });
  };
  writeFileSync(file, '');
  tell();
  for (const move of ['advance', 'shiftWall'] as const) {
    const inside = clock[move].bind(clock);
    clock[move] = (ms) => {
      inside(ms);
      tell();
    };
  }
  return () => (isFollowed = false);
}
