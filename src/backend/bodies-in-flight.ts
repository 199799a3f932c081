import type { ServerResponse } from 'node:http';
import { Inject, Injectable, Logger, ServiceUnavailableException } from '@nestjs/common';
import type { BackendModuleOptions } from './backend-options.interface.js';
import { BACKEND_OPTIONS } from './backend.module-definition.js';
import { resolveBackendOptions } from './resolve-backend-options.js';

/** Up to here a body is not counted: the operating system takes it, and flights bound how many there are. */
export const SMALL_BYTES = 16_384;

const RETRY_AFTER_MS = 1_000;

/**
 * The bodies that are on their way take as much memory as they may: the call is given up. 503 to the caller;
 * it says nothing of the backend.
 */
export class InFlightBytesError extends ServiceUnavailableException {
  readonly code = 'BREAKWATER_IN_FLIGHT_BYTES';
  /** When to try again, in milliseconds. */
  readonly retryAfterMs = RETRY_AFTER_MS;

  constructor(
    /** What the bodies may take together, in bytes. */
    readonly maxBytes: number,
  ) {
    super({ error: 'overloaded' });
  }
}

/** Who counts a body that a backend has sent. */
const COUNTED_BY = new WeakMap<Buffer, BodiesInFlight>();

/**
 * Counts `body` as long as `response`, to which it has been given, has not got rid of it. Once, however many
 * responses there are to which it has been given.
 */
export function holdWhileWritten(response: ServerResponse, body: string | Buffer): void {
  if (typeof body === 'string' || response.destroyed) return;
  // Most are gone by now: the operating system has taken them.
  if (response.socket !== null && response.socket.writableLength === 0) return;
  const bodies = COUNTED_BY.get(body);
  if (bodies === undefined) return;
  bodies.hold(body);
  response.once('close', () => bodies.letGo(body));
}

/**
 * What the bodies of backends take together, from the moment they are promised or come until the last
 * client has read them. One that many wait for counts once.
 */
@Injectable()
export class BodiesInFlight {
  private readonly logger = new Logger('Backend');
  private readonly maxBytes: number;
  private readonly holders = new Map<Buffer, number>();
  private bytes = 0;
  private isFull = false;

  constructor(@Inject(BACKEND_OPTIONS) options: BackendModuleOptions) {
    this.maxBytes = resolveBackendOptions(options).maxInFlightBytes;
  }

  /**
   * Takes room for `bytes` that are to come.
   *
   * @throws {InFlightBytesError} where there is none
   */
  reserve(bytes: number): void {
    if (this.bytes + bytes > this.maxBytes) {
      if (!this.isFull) {
        this.isFull = true;
        this.logger.warn(
          `Answers on their way take ${this.bytes} of ${this.maxBytes} bytes: what is larger than the rest is refused`,
        );
      }
      throw new InFlightBytesError(this.maxBytes);
    }
    this.bytes += bytes;
  }

  /** Gives back what {@link reserve} has taken. */
  release(bytes: number): void {
    this.bytes -= bytes;
    if (this.isFull && 2 * this.bytes < this.maxBytes) this.isFull = false;
  }

  /** A body is complete; it counts until those who waited for it have begun to write it. */
  complete(body: Buffer): void {
    if (body.length <= SMALL_BYTES) return;
    COUNTED_BY.set(body, this);
    this.hold(body);
    setImmediate(() => this.letGo(body));
  }

  hold(body: Buffer): void {
    const holders = this.holders.get(body) ?? 0;
    if (holders === 0) this.bytes += body.length;
    this.holders.set(body, holders + 1);
  }

  letGo(body: Buffer): void {
    const holders = (this.holders.get(body) ?? 0) - 1;
    if (holders > 0) {
      this.holders.set(body, holders);
    } else if (this.holders.delete(body)) {
      this.release(body.length);
    }
  }
}
