import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { programOf } from '../../src/ground/testing/programs.js';
import { spawn } from '../../src/ground/testing/spawn.js';
import type { Exit } from './service-process.js';

/** A message, parsed. */
export interface NodeMessage {
  readonly src: string;
  readonly dest: string;
  readonly body: Record<string, unknown> & { type: string };
}

/** What a {@link NodeProcess} is started with. */
export interface NodeProcessOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What is started. @default the built node itself */
  readonly command?: readonly [string, ...string[]];
  readonly cwd?: string;
  /** Leaves stdout unread until {@link NodeProcess.read} is called. */
  readonly unread?: boolean;
}

/** The collapsed-forwarding node as a process of its own, on pipes. */
export class NodeProcess {
  readonly startedAt = performance.now();
  readonly exited: Promise<Exit>;
  /** Whole lines of the standard output. */
  readonly lines: string[] = [];
  stderr = '';
  readonly child: ChildProcess;
  private partial = '';
  private readonly listeners = new Set<() => void>();
  private exit: Exit | undefined;

  constructor({ env, command, cwd, unread }: NodeProcessOptions = {}) {
    const [file, ...args] = command ?? [process.execPath, programOf('node')];
    this.child = spawn(file, args, {
      cwd,
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
      stdio: 'pipe',
    });
    const { child } = this;
    child.stdin?.on('error', () => undefined);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
      this.changed();
    });
    if (!unread) this.read();
    this.exited = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.exit = { code, signal };
        this.changed();
        resolve(this.exit);
      });
    });
  }

  get messages(): NodeMessage[] {
    return this.lines.map((line) => JSON.parse(line) as NodeMessage);
  }

  /** Begins to read the standard output. */
  read(): void {
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const [first = '', ...more] = text.split('\n');
      this.partial += first;
      for (const line of more) {
        this.lines.push(this.partial);
        this.partial = line;
      }
      this.changed();
    });
  }

  send(...messages: (string | Buffer | object)[]): void {
    const { stdin } = this.child;
    for (const message of messages) {
      if (Buffer.isBuffer(message)) stdin?.write(Buffer.concat([message, Buffer.from('\n')]));
      else stdin?.write(`${typeof message === 'string' ? message : JSON.stringify(message)}\n`);
    }
  }

  /** Sends the handshake, and waits for its answer. */
  async init(): Promise<void> {
    this.send(INIT);
    await this.until('init_ok', () => this.lines.length > 0);
  }

  end(): void {
    this.child.stdin?.end();
  }

  /** Resolves once `condition` holds, asked whenever something came. */
  until(what: string, condition: () => boolean, limitMs = 50_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (error?: Error): void => {
        clearTimeout(timer);
        this.listeners.delete(look);
        if (error) reject(error);
        else resolve();
      };
      const look = (): void => {
        if (condition()) settle();
        else if (this.exit) settle(new Error(`exited before ${what}:\n${this.stderr}`));
      };
      const timer = setTimeout(() => settle(new Error(`never: ${what}\n${this.stderr}`)), limitMs);
      this.listeners.add(look);
      look();
    });
  }

  /** Resolves with the messages from number `from` on, as soon as there are `count` of them. */
  async next(count: number, from = 1): Promise<NodeMessage[]> {
    await this.until(`message ${from + count - 1}`, () => this.lines.length >= from + count);
    return this.messages.slice(from);
  }

  /** Memory of the process, in MiB; 0 where the platform does not say. */
  get residentMiB(): number {
    if (process.platform !== 'linux') return 0;
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_024;
  }

  /** What it has not taken in yet, in bytes. */
  get unsent(): number {
    return this.child.stdin?.writableLength ?? 0;
  }

  /** Ends it whatever it does; for cleaning up. */
  async kill(): Promise<void> {
    if (!this.exit) this.child.kill('SIGKILL');
    this.child.stdout?.resume();
    await this.exited;
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }
}

/** The handshake of node `n1`. */
export const INIT = {
  src: 'c0',
  dest: 'n1',
  body: { type: 'init', msg_id: 1, node_id: 'n1', node_ids: ['n1'] },
};
