import type { Server } from 'node:http';
import { Inject, Injectable, Logger, Optional, ServiceUnavailableException } from '@nestjs/common';
import type { OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { LogEvent } from '../ground/index.js';
import type { BackendModuleOptions } from './backend.options.js';
import { BACKEND_OPTIONS } from './backend.module-definition.js';
import { resolveBackendOptions } from './backend.options.js';

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

/** Who counts what the clients of a server have not read, where it came from a tier or another process. */
const COUNTED_AT = new WeakMap<Server, BodiesInFlight>();

/**
 * What the bodies of backends take together, from the moment they are promised or come until the last
 * client has read them. One that many wait for counts once.
 */
@Injectable()
export class BodiesInFlight implements OnApplicationBootstrap {
  /** What they may take, in bytes. */
  readonly maxBytes: number;
  private readonly logger = new Logger('Backend');
  private readonly holders = new Map<Buffer, number>();
  private held = 0;
  private isFull = false;

  constructor(
    @Inject(BACKEND_OPTIONS) options: BackendModuleOptions,
    @Optional() private readonly adapterHost?: HttpAdapterHost,
  ) {
    this.maxBytes = resolveBackendOptions(options).maxInFlightBytes;
  }

  /** Who counts `body`, which is about to be given to a client of `server`; undefined where nobody does. */
  static countedBy(body: Buffer, server: Server | undefined): BodiesInFlight | undefined {
    if (body.length <= SMALL_BYTES) return undefined;
    return COUNTED_BY.get(body) ?? (server && COUNTED_AT.get(server));
  }

  /** From here on it counts what is written to the clients of the application, if that has a server. */
  onApplicationBootstrap(): void {
    const adapter = this.adapterHost?.httpAdapter as
      Partial<HttpAdapterHost['httpAdapter']> | undefined;
    const server = adapter?.getHttpServer?.() as Server | undefined;
    if (server) COUNTED_AT.set(server, this);
  }

  /** What they take now, in bytes. */
  get bytes(): number {
    return this.held;
  }

  /**
   * Takes room for `bytes` that are to come.
   *
   * @throws {InFlightBytesError} where there is none
   */
  reserve(bytes: number): void {
    if (!this.fits(bytes)) throw new InFlightBytesError(this.maxBytes);
    this.held += bytes;
  }

  /** Gives back what {@link reserve} has taken. */
  release(bytes: number): void {
    this.held -= bytes;
    if (this.isFull && 2 * this.held < this.maxBytes) this.isFull = false;
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
    if (holders === 0) this.held += body.length;
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

  /** Whether `body` is counted already, or there is room for it. */
  hasRoomFor(body: Buffer): boolean {
    return this.holders.has(body) || this.fits(body.length);
  }

  private fits(bytes: number): boolean {
    if (this.held + bytes <= this.maxBytes) return true;
    if (!this.isFull) {
      this.isFull = true;
      const { held, maxBytes } = this;
      const words = `Answers on their way take ${held} of ${maxBytes} bytes: what is larger than the rest is refused`;
      this.logger.warn(new LogEvent('backend.no-room', words, { held, maxBytes }));
    }
    return false;
  }
}
