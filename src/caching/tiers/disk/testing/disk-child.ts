import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import { spawn } from '../../../../ground/testing/spawn.js';
import type { TierHealth } from '../../../kernel/tier.js';

const PROGRAM = join(process.cwd(), 'src/caching/tiers/disk/testing/child-program.mjs');

/** Characters kept of what a child says on its standard error. */
const COMPLAINTS_LENGTH = 10_000;

/** What a child found of the records it was asked for. */
export interface Seen {
  readonly whole: number;
  readonly missing: number;
  /** Not what was written, or of another age. */
  readonly wrong: number;
}

/** A process of its own that uses the disk tier; its death fails the command that it was given. */
export class DiskChild {
  private readonly lines: Interface;
  private readonly process: ChildProcessWithoutNullStreams;
  private complaints = '';

  /** @param limit file size it may write, in KiB, as `ulimit -f` sets it */
  constructor(entry: string, limit?: number) {
    const run = [process.execPath, PROGRAM, entry];
    const [command = '', ...args] =
      limit === undefined ? run : ['/bin/bash', '-c', `ulimit -f ${limit}; exec "$@"`, '-', ...run];
    this.process = spawn(command, args, { stdio: 'pipe' });
    this.process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.complaints = `${this.complaints}${text}`.slice(-COMPLAINTS_LENGTH);
    });
    this.process.stdin.on('error', () => undefined);
    this.lines = createInterface({ input: this.process.stdout });
  }

  open(directory: string, maxBytes: number): Promise<TierHealth> {
    return this.call('open', directory, maxBytes);
  }

  fill(prefix: string, count: number, bytes: number): Promise<TierHealth> {
    return this.call('fill', prefix, count, bytes);
  }

  read(prefix: string, count: number): Promise<Seen> {
    return this.call('read', prefix, count);
  }

  health(): Promise<TierHealth> {
    return this.call('health');
  }

  /** Gives a command and waits for the answer. */
  call<T>(command: string, ...args: readonly unknown[]): Promise<T> {
    const answer = this.next<T>(command);
    this.process.stdin.write(`${JSON.stringify([command, ...args])}\n`);
    return answer;
  }

  /** Waits for the next line of a command that goes on and on. */
  next<T>(command: string): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const died = (code: number | null, signal: string | null) =>
        reject(
          new Error(
            `the child died of ${signal ?? `code ${code}`} at ${command}\n${this.complaints}`,
          ),
        );
      this.process.once('exit', died);
      this.lines.once('line', (line) => {
        this.process.off('exit', died);
        resolve(JSON.parse(line));
      });
    });
  }

  /** `kill -9`, and waits until it is dead. */
  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const dead = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await dead;
  }
}
