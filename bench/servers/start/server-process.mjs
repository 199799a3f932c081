// A server in a process of its own, held on a core, from its start until it is gone.
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { pinned } from '../../harness/cores.mjs';
import { HOST } from '../ready.mjs';
import { environment } from './environment.mjs';

const START_MS = 20_000;
const GRACE_MS = 5_000;
const KEPT_OUTPUT = 20_000;

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

// None outlives a run that ends in the middle, by itself or by a signal. To be asked to end is enough, and
// nginx and Varnish have to be: killed, they leave their workers behind.
process.once('exit', () => {
  for (const child of running) child.kill('SIGTERM');
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

/**
 * @typedef {object} Start
 * @property {string} name for messages
 * @property {number} core
 * @property {string} command
 * @property {readonly string[]} [args]
 * @property {Readonly<Record<string, string | undefined>>} [env] beside what `environment` keeps
 * @property {number} [port] where it is known before; else `portIn` finds it in what is written to stdout;
 *   without both it is no server, and there is nothing to wait for
 * @property {(output: string) => number | undefined} [portIn]
 * @property {boolean} [silent] stdout goes to /dev/null: written, as in production, but read by nobody
 * @property {boolean} [channel] whether there is an IPC channel to it
 */

export class ServerProcess {
  #output = '';
  /** @type {{ code: number | null, signal: string | null } | undefined} */
  #end;

  /**
   * Starts it and waits until it answers connections.
   *
   * @param {Start} start
   */
  static async start(start) {
    const server = new ServerProcess(start);
    try {
      await server.#untilReady(start);
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** @param {Start} start */
  constructor({ name, core, command, args, env, silent = false, channel = false }) {
    this.name = name;
    this.child = spawn(...pinned(core, command, args), {
      env: environment(env),
      stdio: ['ignore', silent ? 'ignore' : 'pipe', 'pipe', ...(channel ? ['ipc'] : [])],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => {
        this.#output = (this.#output + text).slice(-KEPT_OUTPUT);
      });
    }
    this.ended = new Promise((resolve) => {
      this.child.once('error', (error) => {
        this.#output += error.message;
        resolve(undefined);
      });
      this.child.once('exit', (code, signal) => resolve({ code, signal }));
    }).then((end) => {
      this.#end = end ?? { code: null, signal: null };
      running.delete(this.child);
    });
    running.add(this.child);
  }

  get pid() {
    return this.child.pid;
  }

  get origin() {
    return `http://${HOST}:${this.port}`;
  }

  /** @param {Start} start */
  async #untilReady({ port, portIn }) {
    if (port === undefined && portIn === undefined) return;
    const deadline = performance.now() + START_MS;
    while (performance.now() < deadline && !this.#end) {
      this.port = port ?? portIn?.(this.#output);
      if (this.port !== undefined && (await this.#accepts())) return;
      await sleep(20);
    }
    throw new Error(`${this.name} did not start: ${this.#said()}`);
  }

  async #accepts() {
    try {
      const answer = await fetch(`${this.origin}/`, { headers: { Connection: 'close' } });
      await answer.arrayBuffer();
      return true;
    } catch {
      return false;
    }
  }

  #said() {
    const end = this.#end ? `ended (${JSON.stringify(this.#end)})` : 'not ready in time';
    return `${end}\n${this.#output}`;
  }

  /** Throws what it said when it has ended by itself. */
  alive() {
    if (this.#end) throw new Error(`${this.name}: ${this.#said()}`);
  }

  /**
   * Asks it something over its channel and waits for the answer.
   *
   * @param {object} message with a `type`, which the answer has as well
   */
  async ask(message) {
    this.alive();
    const answered = new Promise((resolve) => {
      const listen = (answer) => {
        if (answer.type !== message.type) return;
        this.child.off('message', listen);
        resolve(answer);
      };
      this.child.on('message', listen);
    });
    this.child.send(message);
    const answer = await Promise.race([answered, this.ended]);
    this.alive();
    if (answer.error) throw new Error(`${this.name}: ${answer.error}`);
    return answer;
  }

  /** Ends it, and returns when it is gone. */
  async stop() {
    if (this.#end) return;
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), GRACE_MS);
    await this.ended;
    clearTimeout(timer);
  }
}
