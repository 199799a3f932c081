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
import { SteeredByHand } from './steered-by-hand.js';
import { isMachineMessage } from './conversation.js';
import type { MachineMessage, MachineQuestion, MachineState } from './conversation.js';
import { Asking } from './asking.js';
import { giveOnAtTheEnd } from './handed-over.js';
import { RestartPause } from './restart-pause.js';
import { storeBytesOf, workerEnvironment } from './worker-environment.js';

const CONTEXT = 'Workers';

/** Where a worker's connection to the store of the machine is, among what it is born with. */
const STORE_AT = 4;

/** How often workers are asked whether they live, in milliseconds. */
const LOOK_MS = 1_000;
/** How often one may fail to answer, and how often while it starts. */
const MOST_SILENT = 10;
const MOST_SILENT_AT_START = 60;

/** Workers that may end before they serve, one after the other, while nobody else serves either. */
const MOST_FAILED_STARTS = 5;

/** That of the process, whatever has become of the one that its code reads. */
const STEADY = { monotonic: () => Number(process.hrtime.bigint()) / 1e6 };

/** What the primary knows of one of its workers. */
interface Member {
  readonly process: Worker;
  readonly bornAt: number;
  serves: boolean;
  /** How often it has not said that it lives. */
  silent: number;
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
  private readonly asking = new Asking<Worker>((run, delayMs) =>
    systemScheduler.schedule(run, delayMs),
  );
  private readonly steered = new SteeredByHand();
  private died = 0;
  /** Workers that have ended before they served, since the last one that did. */
  private failedStarts = 0;
  private allServed = false;
  private stopping = false;

  constructor(
    private readonly settings: Settings,
    private readonly env: NodeJS.ProcessEnv,
  ) {
    this.log = new ServiceLogger(settings.LOG_LEVEL, process.stdout.isTTY);
    if (settings.REDIS_URL !== undefined) return;
    const heard = new AttentiveClock(systemClock, systemScheduler, STEADY);
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
    // Who is debugged stands still for as long as somebody looks.
    if (!process.execArgv.some((flag) => flag.startsWith('--inspect'))) this.lookAfter();
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
    const member: Member = { process: born, bornAt: performance.now(), serves: false, silent: 0 };
    this.members.set(worker, member);
    giveOnAtTheEnd(born, () =>
      [...this.members.values()].some((other) => other !== member && other.serves),
    );
    const connection = born.process.stdio[STORE_AT] as Duplex;
    if (this.server) {
      const how = 'reads nothing of what the others say';
      this.server.serve(connection, () => this.tellStuck(worker, born, how));
    } else connection.destroy();
    born.on('message', (message: unknown) => {
      if (isMachineMessage(message)) this.hear(worker, member, message);
    });
    // Of what cannot be sent, or of who cannot be made, the end tells.
    born.on('error', () => undefined);
    born.once('exit', (code, signal) => this.buried(worker, member, code, signal));
  }

  private hear(worker: number, member: Member, message: MachineMessage): void {
    switch (message.breakwater) {
      case 'joined':
        tell(member.process, { breakwater: 'steered', orders: this.steered.orders });
        return;
      case 'ready':
        member.serves = true;
        member.silent = 0;
        this.served(worker);
        return;
      case 'alive':
        member.silent = 0;
        return;
      case 'ask':
        this.ask(member, message.id, message.question);
        return;
      case 'answer':
        this.asking.answered(worker, message.id, message.answer);
        return;
      case 'state':
      case 'steered':
      case 'alive?':
      case 'answers':
      // What it says itself.
    }
  }

  private ask(asker: Member, id: number, question: MachineQuestion): void {
    // Who is about to serve is to know of it by then.
    const isOrder = question.what === 'steer';
    const asked = [...this.members].filter(([, { serves }]) => serves || isOrder);
    if (isOrder && question.make) this.steered.done(question.order);
    this.asking.ask(
      new Map(asked.map(([each, { process: one }]) => [each, one])),
      (one, each) => tell(one, { breakwater: 'ask', id: each, question }),
      (answers) => tell(asker.process, { breakwater: 'answers', id, answers, state: this.state }),
    );
  }

  private served(worker: number): void {
    this.failedStarts = 0;
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
    this.asking.gone(worker);
    if (this.stopping) {
      if (this.members.size === 0) process.exit(0);
      return;
    }
    const first = worker === 0 && !this.allServed && this.members.size === 0;
    // It has said why.
    if (first && !member.serves) process.exit(code > 0 ? code : 1);
    this.died += 1;
    this.failedStarts += member.serves ? 0 : 1;
    this.tellAll();
    if (this.failedStarts >= MOST_FAILED_STARTS && this.state.running.length === 0) this.giveUp();
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
    // Where all have died nothing else keeps this process alive until then.
    setTimeout(() => {
      if (!this.stopping) this.bear(worker);
    }, afterMs);
  }

  /** Whoever has started it is to see that it does not serve, and why: each worker has said so. */
  private giveUp(): never {
    const words = `No worker serves, and ${this.failedStarts} have ended before they did: this is the end`;
    const { failedStarts } = this;
    this.log.error(new LogEvent('workers.given-up', words, { failedStarts }), CONTEXT);
    process.exit(1);
  }

  /** Who neither lives nor dies would keep its clients, and what it leads, for ever. */
  private lookAfter(): void {
    systemScheduler.schedule(() => this.lookAfter(), LOOK_MS);
    for (const [worker, member] of this.members) {
      member.silent += 1;
      if (member.silent > (member.serves ? MOST_SILENT : MOST_SILENT_AT_START)) {
        this.tellStuck(worker, member.process, 'does not answer');
      } else if (member.serves) tell(member.process, { breakwater: 'alive?' });
    }
  }

  private tellStuck(worker: number, born: Worker, how: string): void {
    const words = `Worker ${worker} ${how}: it is killed`;
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
