import type { ChildProcess } from 'node:child_process';
import { spawn } from '../../ground/testing/spawn.js';

/** A process of the test, with its output collected. */
export class ServerProcess {
  /** Resolves once the process has ended. */
  readonly ended: Promise<void>;
  private readonly child: ChildProcess;
  private collected = '';
  private over = false;

  constructor(command: string, args: readonly string[], options: { cwd: string; env?: object }) {
    this.child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.collected += text));
    }
    this.ended = new Promise<void>((resolve) => {
      const end = () => {
        this.over = true;
        resolve();
      };
      this.child.once('error', (error) => {
        this.collected += error.message;
        end();
      });
      this.child.once('close', end);
    });
  }

  get output(): string {
    return this.collected;
  }

  get running(): boolean {
    return !this.over;
  }

  signal(signal: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    if (!this.over) this.child.kill(signal);
  }
}
