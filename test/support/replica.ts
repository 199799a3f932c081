import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { programOf } from '../../src/ground/testing/programs.js';
import { spawn } from '../../src/ground/testing/spawn.js';

/** An application that uses the package, as a process of its own. */
export class Replica {
  private constructor(
    readonly port: number,
    private readonly child: ChildProcess,
  ) {}

  /**
   * @param first which of its regional clients it makes first
   * @param backendUrl where its catalogue comes from
   */
  static async start(
    storeUrl: string,
    first: 'eu' | 'us',
    backendUrl = 'http://127.0.0.1:1',
  ): Promise<Replica> {
    const program = [programOf('replica'), storeUrl, first, backendUrl];
    const child = spawn(process.execPath, program, { stdio: 'pipe' });
    let complaints = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
    for await (const line of createInterface({ input: child.stdout })) {
      return new Replica(Number(line), child);
    }
    throw new Error(`the replica did not start:\n${complaints}`);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('close', resolve));
    this.child.kill('SIGKILL');
    await ended;
  }
}
