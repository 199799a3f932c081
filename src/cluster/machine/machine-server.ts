import type { Duplex } from 'node:stream';
import { failureReason } from '../kernel/index.js';
import type { MachineMemory } from '../kernel/index.js';
import type { StoreReply } from '../store/store.js';
import { encodeFrameOf, FrameReader } from './machine-frames.js';
import type { FrameValue } from './machine-frames.js';
import { runMachineFunction } from './machine-functions.js';
import { giveBackOf } from './give-back-of.js';

/** Bytes that may wait for a worker to read them; one with more reads nothing any more. */
const MAX_BACKLOG_BYTES = 128 * 2 ** 20;

/** The channel of one instance alone: that somebody listens there tells that it lives. */
const OWN_CHANNEL = /^[^:]+:\{i(.+)\}$/;

/**
 * The store of a machine, in its primary process: serves each worker by a connection, of whose end it
 * hears at once. What an instance held that was at the other end is then given back, so that nobody waits
 * for the end of a lease.
 */
export class MachineServer {
  private serving = 0;

  constructor(private readonly memory: MachineMemory) {}

  /** Connections that are open. */
  get connections(): number {
    return this.serving;
  }

  /**
   * Serves who is at the other end, until the connection ends.
   * @param stuck told where they do not read; the connection is ended
   */
  serve(connection: Duplex, stuck: () => void = () => undefined): void {
    const { memory } = this;
    const subscriptions = new Map<string, () => void>();
    const say = (value: FrameValue): void => {
      if (connection.destroyed) return;
      connection.write(encodeFrameOf(value));
      if (connection.writableLength <= MAX_BACKLOG_BYTES) return;
      connection.destroy();
      stuck();
    };
    const subscribe = (channel: string): number => {
      if (!subscriptions.has(channel)) {
        const end = memory.subscribe(channel, (message) => say([channel, message]));
        subscriptions.set(channel, end);
      }
      return subscriptions.size;
    };
    const reader = new FrameReader((value) => {
      const [id, ...command] = value as readonly [number, ...(string | Buffer)[]];
      try {
        say([id, this.perform(command, subscribe)]);
      } catch (error) {
        say([id, null, errorAnswer(error)]);
      }
    });
    this.serving += 1;
    connection.on('data', (piece: Buffer) => {
      // All answers to what has arrived together leave together.
      connection.cork();
      try {
        reader.read(piece);
      } catch {
        // Of what cannot be read nothing else can be, either.
        connection.destroy();
      } finally {
        connection.uncork();
      }
    });
    // The close tells.
    connection.on('error', () => undefined);
    connection.once('end', () => connection.destroy());
    connection.once('close', () => {
      this.serving -= 1;
      for (const end of subscriptions.values()) end();
      const instances = [...subscriptions.keys()].flatMap(
        (channel) => OWN_CHANNEL.exec(channel)?.[1] ?? [],
      );
      giveBackOf(memory, new Set(instances));
    });
  }

  private perform(
    [command, ...args]: readonly (string | Buffer)[],
    subscribe: (channel: string) => number,
  ): StoreReply {
    const { memory } = this;
    switch (command) {
      case 'EVALSHA': {
        const [sha = '', count, ...rest] = args;
        const keys = rest.slice(0, Number(count)).map(String);
        return runMachineFunction(memory, String(sha), keys, rest.slice(keys.length));
      }
      case 'PUBLISH':
        return memory.publish(String(args[0]), args[1] ?? '');
      case 'SUBSCRIBE':
        return subscribe(String(args[0]));
      case 'PUBSUB': {
        const [what, ...asked] = args.map(String);
        if (what === 'CHANNELS') {
          return memory.channelsOf(asked[0]?.replace(/\*$/, '') ?? '').map(bytesOf);
        }
        return asked.flatMap((channel) => [bytesOf(channel), memory.subscribers(channel)]);
      }
      case 'PING':
        return bytesOf('PONG');
      default:
        throw new TypeError(`${String(command)} is no command of this store`);
    }
  }
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text);
}

/** As a store says it: the kind first. */
function errorAnswer(error: unknown): string {
  const kind = (error as { readonly kind?: string }).kind;
  return kind === undefined ? `ERR ${failureReason(error)}` : failureReason(error);
}
