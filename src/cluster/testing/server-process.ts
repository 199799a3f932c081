import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

/** A process of the test: ended by its id, also when the test process itself dies early. */
export class ServerProcess {
  /** Resolves once the process has ended. */
  readonly ended: Promise<void>;
  private readonly child: ChildProcess;
  private readonly guard: ChildProcess;
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
    // Whatever ends the test process closes this pipe: no handler has to run for it.
    this.guard = spawn('sh', ['-c', 'read _; kill -9 "$0"', String(this.child.pid)], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.guard.stdin?.on('error', () => undefined);
    const guardEnded = new Promise<void>((resolve) => this.guard.once('close', () => resolve()));
    this.ended = new Promise<void>((resolve) => {
      const end = () => {
        this.over = true;
        this.guard.kill('SIGKILL');
        resolve();
      };
      this.child.once('error', (error) => {
        this.collected += error.message;
        end();
      });
      this.child.once('close', end);
    }).then(() => guardEnded);
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
