import type { Socket } from 'node:net';
import { Agent, buildConnector, errors } from 'undici';
import { skipContinue } from './interim-heads.js';
import { loopbackLookup } from './loopback-lookup.js';

/** Hears which connection its request goes out on. */
export interface ConnectionUser {
  connected(connection: Connection): void;
}

/** Whose request a pool is about to write: it does so before it does anything else. */
let next: ConnectionUser | undefined;

/**
 * Tells `user` the connection on which its request is about to be written. To be called by a handler of
 * undici's when its request starts, of a {@link ConnectionPool} alone: undici itself tells nobody.
 */
export function expectConnection(user: ConnectionUser): void {
  next = user;
}

/** A connection of a {@link ConnectionPool}. */
export class Connection {
  /** How often something has been written on it: once for each request without a body. */
  private writes = 0;
  private isHeld = false;

  private constructor(private readonly socket: Socket) {}

  /** Lets what undici does with `socket` pass through a connection of ours. */
  static of(socket: Socket): Connection {
    const connection = new Connection(socket);
    // eslint-disable-next-line @typescript-eslint/unbound-method -- they are called on the socket
    const { read, write, destroy } = socket;
    socket.write = function (this: Socket, ...passed: unknown[]) {
      connection.writes++;
      if (next !== undefined) {
        const user = next;
        next = undefined;
        user.connected(connection);
      }
      return Reflect.apply(write, this, passed) as boolean;
    };
    socket.read = function (this: Socket, size?: number) {
      return connection.isHeld ? null : (read.call(this, size) as unknown);
    };
    // undici takes a reset for the end of a body that nothing else delimits (RFC 9112, section 8).
    socket.destroy = function (this: Socket, error?: Error) {
      return destroy.call(this, isReset(error) ? asSocketError(error) : error);
    };
    return connection;
  }

  /** Whether its first request was another one: whoever is at its other end may be about to close it. */
  get isReused(): boolean {
    return this.writes > 1;
  }

  /**
   * Reads no further until {@link release}. What has been read is still handed on: 64 KiB at most. A pause
   * of undici's own dies of an end that comes meanwhile.
   */
  hold(): void {
    this.isHeld = true;
  }

  release(): void {
    if (!this.isHeld) return;
    this.isHeld = false;
    // Not within a callback of undici's parser, of which there is one for all connections.
    queueMicrotask(() => {
      if (!this.isHeld && !this.socket.destroyed) this.socket.emit('readable');
    });
  }
}

function isReset(error?: NodeJS.ErrnoException): error is NodeJS.ErrnoException {
  return error?.code === 'ECONNRESET';
}

function asSocketError(cause: Error): Error {
  return Object.assign(new errors.SocketError(cause.message), { cause });
}

/**
 * Keep-alive connections to backends, as many as there are calls in progress: their number is bounded by the
 * flights and requests admitted, and a smaller pool would make keys wait for each other. Deadlines are those
 * of the calls.
 */
export class ConnectionPool extends Agent {
  constructor() {
    const connect = buildConnector({ autoSelectFamily: true, lookup: loopbackLookup });
    super({
      connect: (options, callback) => {
        connect(options, (error, socket) => {
          if (error) {
            callback(error, null);
            return;
          }
          Connection.of(skipContinue(socket));
          callback(null, socket);
        });
      },
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }
}
