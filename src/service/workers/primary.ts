import cluster from 'node:cluster';
import type { Worker } from 'node:cluster';
import type { Duplex } from 'node:stream';
import {
  AttentiveClock,
  beginEpochs,
  MachineMemory,
  MachineServer,
} from '../../cluster/machine/index.js';
import { LogEvent, systemClock, systemScheduler } from '../../ground/index.js';
import { parseSettings } from '../config/index.js';
import type { Settings } from '../config/index.js';
import { boundOutput, ServiceLogger } from '../log/index.js';
import { isMachineMessage } from './conversation.js';
import type { MachineMessage, MachineState } from './conversation.js';
import { Counting } from './counting.js';
import { RestartPause } from './restart-pause.js';
import { storeBytesOf, workerEnvironment } from './worker-environment.js';

const CONTEXT = 'Workers';

/** Where a worker's connection to the store of the machine is, among what it is born with. */
const STORE_AT = 4;

/** What the primary knows of one of its workers. */
interface Member {
  readonly process: Worker;
  readonly bornAt: number;
  serves: boolean;
}

/**
 * Makes this process the primary of workers: it listens, hands each connection to one of them in turn,
 * keeps what they share, replaces those that die, and ends with them.
 *
 * @throws {ConfigurationError} when the environment is not usable
 */
export function startWorkers(env: NodeJS.ProcessEnv): void {
  for (const output of [process.stdout, process.stderr]) boundOutput(output);
  new Primary(parseSettings(env), env).start();
}

class Primary {
  private readonly members = new Map<number, Member>();
  private readonly pauses = new Map<number, RestartPause>();
  private readonly log: ServiceLogger;
  private readonly memory: MachineMemory | undefined;
  private readonly server: MachineServer | undefined;
  private readonly counting = new Counting<Worker>((run, delayMs) =>
    systemScheduler.schedule(run, delayMs),
  );
  private died = 0;
  private allServed = false;
  private stopping = false;

  constructor(
    private readonly settings: Settings,
    private readonly env: NodeJS.ProcessEnv,
  ) {
    this.log = new ServiceLogger(settings.LOG_LEVEL, process.stdout.isTTY);
    if (settings.REDIS_URL !== undefined) return;
    const heard = new AttentiveClock(systemClock, systemScheduler);
    this.memory = new MachineMemory(systemClock, storeBytesOf(settings), heard);
    this.server = new MachineServer(this.memory);
    beginEpochs(this.memory, settings.CLUSTER_NAMESPACE);
  }

  start(): void {
    cluster.schedulingPolicy = cluster.SCHED_RR;
    cluster.setupPrimary({
      // The flags of the command are in the environment.
      args: [],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', 'pipe'],
    });
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => this.stop());
    process.on('SIGHUP', () => this.signal('SIGHUP'));
    // What keeps it from starting keeps the others from that, and is told once.
    this.bear(0);
  }

  private get state(): MachineState {
    const serving = [...this.members].filter(([, { serves }]) => serves);
    return {
      wanted: this.settings.WORKERS,
      running: serving.map(
        ([
          worker,
          {
            process: { process: child },
          },
        ]) => {
          return { worker, pid: child.pid ?? 0 };
        },
      ),
      died: this.died,
      ...(this.memory && { storeBytes: this.memory.bytes }),
    };
  }

  private bear(worker: number): void {
    const born = cluster.fork({ ...this.env, ...workerEnvironment(this.settings, worker) });
    const member: Member = { process: born, bornAt: performance.now(), serves: false };
    this.members.set(worker, member);
    const connection = born.process.stdio[STORE_AT] as Duplex;
    if (this.server) this.server.serve(connection, () => this.tellStuck(worker, born));
    else connection.destroy();
    born.on('message', (message: unknown) => {
      if (isMachineMessage(message)) this.hear(worker, member, message);
    });
    // Of what cannot be sent, or of who cannot be made, the end tells.
    born.on('error', () => undefined);
    born.once('exit', (code, signal) => this.buried(worker, member, code, signal));
  }

  private hear(worker: number, member: Member, message: MachineMessage): void {
    switch (message.breakwater) {
      case 'ready':
        member.serves = true;
        this.served(worker);
        return;
      case 'count': {
        const { id } = message;
        const serving = [...this.members].filter(([, { serves }]) => serves);
        this.counting.ask(
          new Map(serving.map(([each, { process: one }]) => [each, one])),
          (one, question) => tell(one, { breakwater: 'count', id: question }),
          (counts) => tell(member.process, { breakwater: 'counts', id, counts, state: this.state }),
        );
        return;
      }
      case 'counted':
        this.counting.counted(worker, message.id, message.counts);
        return;
      case 'state':
      case 'counts':
      // What it says itself.
    }
  }

  private served(worker: number): void {
    this.tellAll();
    const { wanted, running } = this.state;
    if (!this.allServed && worker === 0 && running.length === 1) {
      for (let next = 1; next < wanted; next++) this.bear(next);
    }
    if (running.length < wanted) return;
    const words = `All ${wanted} workers serve`;
    const pids = running.map(({ pid }) => pid);
    this.log.log(new LogEvent('workers.ready', words, { workers: wanted, pids }), CONTEXT);
    this.allServed = true;
  }

  private buried(worker: number, member: Member, code: number, signal: string | null): void {
    if (this.members.get(worker) !== member) return;
    this.members.delete(worker);
    this.counting.gone(worker);
    if (this.stopping) {
      if (this.members.size === 0) process.exit(0);
      return;
    }
    const first = worker === 0 && !this.allServed && this.members.size === 0;
    // It has said why.
    if (first && !member.serves) process.exit(code > 0 ? code : 1);
    this.died += 1;
    this.tellAll();
    const pause = this.pauses.get(worker) ?? new RestartPause();
    this.pauses.set(worker, pause);
    const afterMs = pause.afterDeath(performance.now() - member.bornAt);
    const how = signal === null ? `with code ${code}` : `by ${signal}`;
    const when = afterMs === 0 ? 'at once' : `in ${afterMs} ms`;
    const words = `Worker ${worker} has ended ${how}; it is replaced ${when}`;
    const { pid } = member.process.process;
    this.log.warn(
      new LogEvent('workers.died', words, { worker, diedPid: pid, code, signal, afterMs }),
      CONTEXT,
    );
    systemScheduler.schedule(() => {
      if (!this.stopping) this.bear(worker);
    }, afterMs);
  }

  private tellStuck(worker: number, born: Worker): void {
    const words = `Worker ${worker} reads nothing of what the others say: it is killed`;
    this.log.warn(new LogEvent('workers.stuck', words, { worker }), CONTEXT);
    born.process.kill('SIGKILL');
  }

  private tellAll(): void {
    const { state } = this;
    for (const { process: one } of this.members.values()) tell(one, { breakwater: 'state', state });
  }

  private signal(signal: NodeJS.Signals): void {
    for (const { process: one } of this.members.values()) one.process.kill(signal);
  }

  /** Each worker drains as a service of its own does, and has left within the grace. */
  private stop(): void {
    if (this.stopping) return;
    this.stopping = true;
    if (this.members.size === 0) process.exit(0);
    this.signal('SIGTERM');
    systemScheduler.schedule(() => this.signal('SIGKILL'), this.settings.SHUTDOWN_GRACE_MS);
  }
}

function tell(to: Worker, message: MachineMessage): void {
  // Who is gone is told nothing; that it is gone is told by its end.
  if (to.isConnected()) to.send(message, () => undefined);
}
