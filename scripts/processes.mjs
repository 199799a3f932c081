// Child processes of the scripts: commands that run to their end, servers that are waited for.
import { spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The npm that belongs to this Node, with nothing of an `npm run` around it. */
export function cleanEnvironment() {
  const entries = Object.entries(process.env).filter(
    ([name]) => !/^npm_(package|lifecycle|command|execpath|node_execpath)/.test(name),
  );
  return Object.fromEntries(entries);
}

/** Runs a command to its end and returns its output; throws with all of it when it fails. */
export function run(command, args, options = {}) {
  const { status, signal, error, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 64 * 2 ** 20,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 5 * 60_000,
    env: cleanEnvironment(),
    ...options,
  });
  if (status === 0) return stdout;
  const reason = error?.message ?? (signal ? `ended by ${signal}` : `exit code ${status}`);
  throw new Error(`${command} ${args.join(' ')}: ${reason}\n${stdout ?? ''}\n${stderr ?? ''}`);
}

/** A port of the loopback interface that was free a moment ago. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve, reject) => server.listen(0, resolve).once('error', reject));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A server in a process of its own, with its output collected. */
export class ServerProcess {
  #output = '';

  constructor(command, args, options) {
    this.child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => (this.#output += text));
    }
    this.ended = new Promise((resolve) => {
      this.child.once('error', (error) => {
        this.#output += error.message;
        resolve({ code: null, signal: null });
      });
      this.child.once('close', (code, signal) => resolve({ code, signal }));
    });
    void this.ended.then((end) => (this.end = end));
  }

  get output() {
    return this.#output;
  }

  /** Polls `ready` until it holds; throws with the output when the process ends or time is up. */
  async until(ready, timeoutMs) {
    const deadline = performance.now() + timeoutMs;
    while (performance.now() < deadline && !this.end) {
      if (await ready()) return;
      await sleep(100);
    }
    const what = this.end ? `ended (${JSON.stringify(this.end)})` : `not ready in ${timeoutMs} ms`;
    throw new Error(`${this.child.spawnargs.join(' ')}: ${what}\n${this.#output}`);
  }

  /** Sends the signal and returns how and when the process ended; kills it after `graceMs`. */
  async stop(graceMs, stopSignal = 'SIGTERM') {
    const startedAt = performance.now();
    this.child.kill(stopSignal);
    const timer = setTimeout(() => this.child.kill('SIGKILL'), graceMs);
    const end = await this.ended;
    clearTimeout(timer);
    return { ...end, tookMs: Math.round(performance.now() - startedAt) };
  }

  /** Ends it at once, for clean-up. */
  async kill() {
    if (this.end) return;
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

/** `PATH` with this Node first. */
export function pathWithNode() {
  return `${dirname(process.execPath)}:${process.env.PATH ?? ''}`;
}

/** Waits until a service says at this URL that it is ready. @param {ServerProcess} service */
export async function untilReady(service, url, limitMs) {
  const isReady = () =>
    fetch(`${url}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  await service.until(isReady, limitMs);
}
