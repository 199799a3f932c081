import type { ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawn } from '../../src/ground/testing/spawn.js';
import { get } from './http-client.js';
import { programOf } from '../../src/ground/testing/programs.js';

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The built service as a process of its own. */
export class ServiceProcess {
  readonly exited: Promise<Exit>;
  private readonly child: ChildProcess;
  private readonly listeners = new Set<() => void>();
  private out = '';
  private err = '';
  private exit: Exit | undefined;

  private constructor(
    readonly port: number,
    env: Readonly<Record<string, string>>,
  ) {
    const child = spawn(process.execPath, [programOf('service')], {
      env: { PATH: process.env['PATH'], PORT: String(port), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.out += text;
      this.changed();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.err += text;
      this.changed();
    });
    this.exited = new Promise((resolve) => {
      // `close`, not `exit`: all output has been read by then.
      child.once('close', (code, signal) => {
        this.exit = { code, signal };
        this.changed();
        resolve(this.exit);
      });
    });
  }

  /** Starts it and does not wait for anything; for processes that are expected to give up. */
  static async spawn(env: Readonly<Record<string, string>>): Promise<ServiceProcess> {
    return new ServiceProcess(await freePort(), env);
  }

  /** Starts it and waits until it answers. */
  static async start(env: Readonly<Record<string, string>>): Promise<ServiceProcess> {
    const service = await ServiceProcess.spawn(env);
    const deadline = Date.now() + 40_000;
    while (Date.now() < deadline && !service.exit) {
      const answered = await get(service.port, '/health/live').then(
        () => true,
        () => false,
      );
      if (answered) return service;
      await sleep(20);
    }
    await service.kill();
    throw new Error(`the service did not start:\n${service.out}\n${service.err}`);
  }

  /** Its standard output, to be read late, or no more. */
  get output(): Readable {
    if (!this.child.stdout) throw new Error('it has no output');
    return this.child.stdout;
  }

  get stdout(): string {
    return this.out;
  }

  get stderr(): string {
    return this.err;
  }

  /** Whole lines of the standard output. */
  get lines(): string[] {
    return this.out.split('\n').slice(0, -1);
  }

  /** The same, parsed; throws on a line that is not JSON. */
  get records(): Record<string, unknown>[] {
    return this.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  get isRunning(): boolean {
    return this.exit === undefined;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Resolves with the first line of the standard output that contains `text`. */
  async waitForLine(text: string, limitMs = 30_000): Promise<string> {
    const line = (): string | undefined => this.lines.find((each) => each.includes(text));
    await this.until(text, () => line() !== undefined, limitMs);
    return line() ?? '';
  }

  /** Resolves once `condition` holds, asked whenever it has written something. */
  until(what: string, condition: () => boolean, limitMs = 30_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (error?: Error): void => {
        clearTimeout(timer);
        this.listeners.delete(look);
        if (error) reject(error);
        else resolve();
      };
      const written = (): string => `${this.out}\n${this.err}`;
      const look = (): void => {
        if (condition()) settle();
        else if (this.exit) settle(new Error(`exited without ${what}:\n${written()}`));
      };
      const timer = setTimeout(() => settle(new Error(`no ${what} in:\n${written()}`)), limitMs);
      this.listeners.add(look);
      look();
    });
  }

  /** Ends it whatever it does; for cleaning up. */
  async kill(): Promise<void> {
    if (this.exit) return;
    this.child.kill('SIGKILL');
    await this.exited;
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }
}

/**
 * A port that nobody listens on, neither on IPv4 nor on IPv6. Below the range from which the kernel
 * gives ports to whoever asks for any: those may be taken again before the service binds.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_000);
    if (await canListen(port)) return port;
  }
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => {
      resolve(false);
    });
    probe.listen(port, '::', () => {
      probe.close(() => {
        resolve(true);
      });
    });
  });
}
