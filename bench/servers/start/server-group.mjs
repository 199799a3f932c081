// The servers of one question and the backend behind them: started one by one, ended together.
import { mkdtempSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LOAD_CORE } from '../../harness/cores.mjs';
import { portIn } from '../ready.mjs';
import { ServerProcess } from './server-process.mjs';

const BACKEND = fileURLToPath(new URL('../../load/backend.mjs', import.meta.url));

/**
 * @typedef {(around: { backend: ServerProcess, folder: string }) =>
 *   Promise<Omit<import('./server-process.mjs').Start, 'name'>> |
 *   Omit<import('./server-process.mjs').Start, 'name'>} Starting
 */

export class ServerGroup {
  /** @type {ServerProcess[]} */
  #servers = [];
  #folder = mkdtempSync(join(tmpdir(), 'breakwater-bench-'));

  constructor() {
    process.once('exit', this.#removeFolder);
  }

  static async open() {
    const group = new ServerGroup();
    try {
      group.backend = await group.run({
        name: 'the backend',
        core: LOAD_CORE,
        command: process.execPath,
        args: [BACKEND],
        portIn,
        channel: true,
      });
    } catch (error) {
      await group.close();
      throw error;
    }
    return group;
  }

  /**
   * Starts a server in front of the backend.
   *
   * @param {string} name
   * @param {Starting} starting
   */
  async start(name, starting) {
    const folder = join(this.#folder, String(this.#servers.length));
    mkdirSync(folder);
    return this.run({ name, ...(await starting({ backend: this.backend, folder })) });
  }

  /**
   * Starts any process of the measurement.
   *
   * @param {import('./server-process.mjs').Start} start
   */
  async run(start) {
    const server = await ServerProcess.start(start);
    this.#servers.push(server);
    return server;
  }

  /** How often the backend was called since this was last asked. */
  async backendCalls() {
    const { calls } = await this.backend.ask({ type: 'calls' });
    return calls;
  }

  async close() {
    await Promise.all(this.#servers.map((server) => server.stop()));
    process.off('exit', this.#removeFolder);
    this.#removeFolder();
  }

  #removeFolder = () => {
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 3 });
  };
}
