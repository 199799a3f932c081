import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { programOf } from '../../ground/testing/programs.js';
import { spawn } from '../../ground/testing/spawn.js';
import type { LeaseCounters } from '../kernel/index.js';
import type { Answers, Order, ProgramOptions, Run, Void } from './cluster-program.interface.js';

interface Line {
  readonly id?: number;
  readonly result?: unknown;
  readonly started?: boolean;
  readonly called?: string;
  readonly published?: string;
  readonly accepted?: boolean;
}

/** Characters kept of what a process says on its standard error. */
const COMPLAINTS_LENGTH = 10_000;

/** A real process of a cluster, with a backend whose calls are counted. */
export class ClusterProcess {
  /** Keys for which it has called the backend, in order. */
  readonly calls: string[] = [];
  /** Of each result that it published, whether the store took it. */
  readonly published: boolean[] = [];
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly answers = new Map<number, (result: unknown) => void>();
  private readonly watchers = new Set<() => void>();
  private readonly ended: Promise<void>;
  private started = false;
  private orders = 0;
  private complaints = '';

  private constructor(options: ProgramOptions, serve?: (connection: Duplex) => void) {
    const child = spawn(process.execPath, [programOf('cluster'), JSON.stringify(options)], {
      stdio: ['pipe', 'pipe', 'pipe', serve ? 'pipe' : 'ignore'],
    });
    this.child = child as ChildProcessWithoutNullStreams;
    serve?.(child.stdio[3] as Duplex);
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.complaints = `${this.complaints}${text}`.slice(-COMPLAINTS_LENGTH);
    });
    this.child.stdin.on('error', () => undefined);
    createInterface({ input: this.child.stdout }).on('line', (text) => {
      this.read(JSON.parse(text) as Line);
      for (const watcher of this.watchers) watcher();
    });
    this.ended = new Promise((resolve) => this.child.once('close', () => resolve()));
  }

  /**
   * One that takes part.
   * @param serve given its connection to the store of this machine, where it has no port of one
   */
  static async start(
    options: ProgramOptions,
    serve?: (connection: Duplex) => void,
  ): Promise<ClusterProcess> {
    const one = new ClusterProcess(options, serve);
    await Promise.race([
      one.until(() => one.started),
      one.ended.then(() => {
        throw new Error(`The process of the cluster did not start:\n${one.complaints}`);
      }),
    ]);
    return one;
  }

  run(run: Run): Promise<Answers> {
    return this.order({ do: 'run', ...run });
  }

  invalidate(key: string): Promise<boolean> {
    return this.order({ do: 'invalidate', key });
  }

  /** Makes something void. @returns whether the store took it */
  void(what: Void): Promise<boolean> {
    return this.order({ do: 'void', ...what });
  }

  /** Whether it would serve the key of its memory, without asking anybody. */
  holds(key: string): Promise<boolean> {
    return this.order({ do: 'holds', key });
  }

  peek(key: string): Promise<string> {
    return this.order({ do: 'peek', key });
  }

  counters(): Promise<LeaseCounters> {
    return this.order({ do: 'counters' });
  }

  state(): Promise<string> {
    return this.order({ do: 'state' });
  }

  /** Lets the calls of a key that are held end, after so long. */
  open(key: string, afterMs: number): Promise<boolean> {
    return this.order({ do: 'open', key, afterMs });
  }

  drain(graceMs: number): Promise<boolean> {
    return this.order({ do: 'drain', graceMs });
  }

  /** Keeps its event loop busy for so long. */
  block(ms: number): Promise<void> {
    return this.order({ do: 'block', ms });
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.child.kill(signal);
  }

  /** Resolves when `condition` holds after some news of the process. */
  until(condition: () => boolean): Promise<void> {
    if (condition()) return Promise.resolve();
    return new Promise((resolve) => {
      const look = () => {
        if (!condition()) return;
        this.watchers.delete(look);
        resolve();
      };
      this.watchers.add(look);
    });
  }

  /** SIGKILL, whatever state it is in. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  private order<T>(order: Order): Promise<T> {
    const id = ++this.orders;
    return new Promise((resolve) => {
      this.answers.set(id, (result) => resolve(result as T));
      this.child.stdin.write(`${JSON.stringify({ ...order, id })}\n`);
    });
  }

  private read(line: Line): void {
    if (line.started) this.started = true;
    if (line.called !== undefined) this.calls.push(line.called);
    if (line.accepted !== undefined) this.published.push(line.accepted);
    if (line.id !== undefined) this.answers.get(line.id)?.(line.result);
  }
}
