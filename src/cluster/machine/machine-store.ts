import type { Duplex } from 'node:stream';
import { VERSION } from '../../ground/index.js';
import { StoreUnavailableError } from '../kernel/index.js';
import { GuardedStore } from '../store/guarded-store.js';
import { LinkedClient } from '../store/raw-store-client.js';
import type {
  BusConnection,
  CommandConnection,
  Dial,
  StoreDriver,
} from '../store/raw-store-client.js';
import { systemStorePorts } from '../store/store-guard-options.js';
import type { StoreGuardOptions, StorePorts } from '../store/store-guard-options.js';
import type { StoreDescription } from '../store/store.js';
import { encodeFrameOf, FrameReader, MAX_FRAME_BYTES } from './machine-frames.js';
import type { FrameValue } from './machine-frames.js';

/**
 * Where a store of another machine is given up, the one of this machine is waited for: it hangs only where
 * the machine does, and who goes alone then makes that worse.
 */
const PATIENT: StoreGuardOptions = { hungAfterMs: 2_000, reconnectAfterMs: 5_000 };

/** A worker begins without the store where that does not answer by then, in milliseconds. */
const FIRST_ANSWER_MS = 2_000;

/** What the store has answered in place of a reply. */
class MachineReplyError extends Error {}

/**
 * The store that the primary process of a machine keeps for its workers, by the connection that this one was
 * born with. There is no other: what is made anew when the store has said nothing for long is asked by the
 * same.
 */
export class MachineStore extends GuardedStore {
  constructor(
    private readonly connection: Duplex,
    options: StoreGuardOptions = PATIENT,
    private readonly ports: StorePorts = systemStorePorts,
  ) {
    super(new LinkedClient(machineDriver(connection), options, ports), options, ports);
  }

  /** Resolves when it answers: its primary is there before any worker, so that none need begin without it. */
  override async open(): Promise<void> {
    await super.open();
    await new Promise<void>((resolve) => {
      const cancel = this.ports.scheduler.schedule(resolve, FIRST_ANSWER_MS);
      const leave = this.listen({
        ready: () => {
          cancel();
          leave();
          resolve();
        },
      });
    });
  }

  override describe(): Promise<StoreDescription> {
    return Promise.resolve({
      engine: 'machine',
      version: VERSION,
      mode: 'standalone',
      evictionPolicy: 'volatile-lru',
    });
  }

  override async close(): Promise<void> {
    await super.close();
    this.connection.destroy();
  }
}

interface Waiting {
  readonly resolve: (reply: FrameValue) => void;
  readonly reject: (error: Error) => void;
}

function machineDriver(stream: Duplex): StoreDriver {
  return {
    clustered: false,
    load: () =>
      Promise.resolve({
        both: dialOn(new MachineConnection(stream)),
        answerOf: (error) => (error instanceof MachineReplyError ? error.message : undefined),
      }),
  };
}

/** The frames of one connection: commands on their way, and who hears of channels. */
class MachineConnection {
  /** Told of the end, which comes once. */
  lost: () => void = () => undefined;
  readonly channels = new Map<string, (message: Buffer) => void>();
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;
  private corked = false;

  constructor(private readonly stream: Duplex) {
    const reader = new FrameReader((value) => this.take(value as readonly FrameValue[]));
    stream.on('data', (piece: Buffer) => {
      try {
        reader.read(piece);
      } catch {
        // Of what cannot be read nothing else can be, either.
        stream.destroy();
      }
    });
    // The close tells.
    stream.on('error', () => undefined);
    stream.once('end', () => stream.destroy());
    stream.once('close', () => {
      const gone = new StoreUnavailableError('the primary process has gone');
      for (const { reject } of this.waiting.values()) reject(gone);
      this.waiting.clear();
      this.lost();
    });
  }

  get isOpen(): boolean {
    return !this.stream.destroyed;
  }

  send(args: readonly (string | Buffer)[]): Promise<FrameValue> {
    if (!this.isOpen) return Promise.reject(new StoreUnavailableError('the primary has gone'));
    const frame = encodeFrameOf([(this.lastId += 1), ...args]);
    if (frame.length > MAX_FRAME_BYTES) {
      return Promise.reject(new MachineReplyError(`OOM ${frame.length} bytes are too many`));
    }
    this.cork();
    this.stream.write(frame);
    return new Promise((resolve, reject) => this.waiting.set(this.lastId, { resolve, reject }));
  }

  /** What is sent in one turn leaves together. */
  private cork(): void {
    if (this.corked) return;
    this.corked = true;
    this.stream.cork();
    process.nextTick(() => {
      this.corked = false;
      this.stream.uncork();
    });
  }

  private take([id = null, reply = null, problem]: readonly FrameValue[]): void {
    if (typeof id === 'string') {
      this.channels.get(id)?.(reply as Buffer);
      return;
    }
    const waiting = this.waiting.get(id as number);
    this.waiting.delete(id as number);
    if (problem === undefined) waiting?.resolve(reply);
    else waiting?.reject(new MachineReplyError(String(problem)));
  }
}

function dialOn(connection: MachineConnection): Dial<CommandConnection & BusConnection> {
  return (report) => {
    connection.lost = () => report.lost('the primary process has gone');
    const ping = () => connection.send(['PING']);
    return {
      connect: async () => {
        if (!connection.isOpen) throw new StoreUnavailableError('the primary process has gone');
        // Who has dialled is ready to hear of it then.
        await new Promise((resolve) => setImmediate(resolve));
        report.up();
      },
      send: ({ args }) => connection.send(args),
      ping,
      subscribe: (channel, onMessage) => {
        connection.channels.set(channel, onMessage);
        return connection.send(['SUBSCRIBE', channel]);
      },
      pingBus: ping,
      end: () => {
        connection.channels.clear();
      },
    };
  };
}
