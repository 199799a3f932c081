import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** How often connections are looked at, at most; a limit of less is looked at four times. */
const LOOK_MS = 1_000;

/** What Node keeps on a connection of a server, and its type declarations do not name. */
type Connection = Socket & {
  readonly _handle?: { readonly writeQueueSize?: number } | null;
};

/** So long a client that is asked for nothing more may take between two bytes, in milliseconds. */
const SILENT_MS = 1_000;

/** How much a connection has read, and since when it has been as much. */
interface Silence {
  readonly bytesRead: number;
  readonly sinceMs: number;
}

/** How much a connection had to write, and since when it has been as much. */
interface Stall {
  left: number;
  queued: number;
  sinceMs: number;
}

/**
 * The connections of a server. An answer is in progress until its last byte has been handed to the
 * operating system: Node takes a connection for idle as soon as the answer has been given to it, and
 * would close one that has megabytes to write.
 */
export class OpenConnections {
  private readonly sockets = new Set<Connection>();
  private readonly stalls = new Map<Connection, Stall>();
  private readonly silences = new WeakMap<Connection, Silence>();
  /** Runs while there are connections: an idle service has no timer. */
  private timer?: NodeJS.Timeout;

  /**
   * @param writeTimeoutMs how long a connection may have something to write without getting rid of any
   * of it, in milliseconds; then it is closed
   * @param onStalled told of each that is closed, and how many bytes it had left
   */
  constructor(
    private readonly server: Server,
    private readonly writeTimeoutMs: number,
    private readonly onStalled: (left: number) => void,
  ) {
    server.on('connection', (socket) => {
      this.sockets.add(socket);
      this.watch();
      socket.once('close', () => {
        this.sockets.delete(socket);
        this.stalls.delete(socket);
        if (this.sockets.size === 0) this.stop();
      });
    });
    this.spareWhatWrites();
  }

  /** Bytes that each connection which is not done has left to write. */
  unwritten(): number[] {
    return [...this.sockets].map(leftOf).filter((left) => left > 0);
  }

  /**
   * Closes those that have brought nothing for a second: no request yet, or half a head. To Node they are
   * not idle. Called again and again while the service stops.
   *
   * @param asked those with a request that is not answered yet, which are spared
   */
  closeSilent(asked: ReadonlySet<Socket>): void {
    const now = performance.now();
    for (const socket of this.sockets) {
      if (asked.has(socket) || leftOf(socket) > 0) {
        this.silences.delete(socket);
        continue;
      }
      const { bytesRead } = socket;
      const silence = this.silences.get(socket);
      if (silence?.bytesRead !== bytesRead) this.silences.set(socket, { bytesRead, sinceMs: now });
      else if (now - silence.sinceMs >= SILENT_MS) socket.destroy();
    }
  }

  /** Watches no longer. */
  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private watch(): void {
    if (this.timer) return;
    const everyMs = Math.min(LOOK_MS, this.writeTimeoutMs / 4);
    this.timer = setInterval(() => this.closeStalled(), everyMs).unref();
  }

  /** Node's own, for all but those that have something to write. `Server.close` calls it, too. */
  private spareWhatWrites(): void {
    const { server, sockets } = this;
    const closeIdle = server.closeIdleConnections.bind(server);
    server.closeIdleConnections = () => {
      const writing = [...sockets].filter((socket) => leftOf(socket) > 0);
      for (const socket of writing) socket.destroy = () => socket;
      closeIdle();
      for (const socket of writing) Reflect.deleteProperty(socket, 'destroy');
    };
  }

  private closeStalled(): void {
    const now = performance.now();
    for (const socket of this.sockets) {
      const left = leftOf(socket);
      if (left === 0) {
        if (this.stalls.size > 0) this.stalls.delete(socket);
        continue;
      }
      // Part of a piece may have gone, of which the stream hears when all has.
      const queued = socket._handle?.writeQueueSize ?? 0;
      const stall = this.stalls.get(socket);
      if (stall?.left !== left || stall.queued !== queued) {
        this.stalls.set(socket, { left, queued, sinceMs: now });
      } else if (now - stall.sinceMs >= this.writeTimeoutMs) {
        this.onStalled(left);
        socket.destroy();
      }
    }
  }
}

/** Bytes that were given to a connection and have not left it. */
function leftOf(socket: Connection): number {
  if (socket.destroyed) return 0;
  return socket.writableLength;
}
