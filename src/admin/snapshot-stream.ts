import type { ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import type { OnModuleDestroy } from '@nestjs/common';
import { runtimeOf } from '../ground/index.js';
import type { Cancel, Scheduler } from '../ground/index.js';
import { AdminRefusal, beginStream, rawResponse } from './admin-exchange.js';
import type { AdminResponse } from './admin-exchange.js';
import { AdminService } from './admin.service.js';
import type { AdminModuleOptions } from './admin.options.js';
import { ADMIN_OPTIONS } from './admin.tokens.js';

const DEFAULT_MAX_STREAMS = 16;
const EVERY_MS = 1_000;

/** So many snapshots in a row that a reader has no room for are one too many. */
const MAX_SKIPPED = 5;

/** Whoever reads the stream, and how many snapshots it has had no room for. */
interface Reader {
  readonly response: ServerResponse;
  skipped: number;
}

/**
 * Sends a snapshot each second to whoever listens, as server-sent events: made once for all of them, and
 * not at all for nobody. To a reader who has not taken the one before none is sent, and one who takes none
 * for five seconds is cut off: nothing is kept for it.
 */
@Injectable()
export class SnapshotStream implements OnModuleDestroy {
  private readonly readers = new Set<Reader>();
  private readonly scheduler: Scheduler;
  private readonly maxStreams: number;
  private cancel: Cancel | undefined;
  private closed = false;

  constructor(
    @Inject(ADMIN_OPTIONS) { maxStreams = DEFAULT_MAX_STREAMS, scheduler }: AdminModuleOptions,
    private readonly service: AdminService,
  ) {
    this.maxStreams = maxStreams;
    this.scheduler = runtimeOf({ scheduler }).scheduler;
  }

  /** How many listen. */
  get size(): number {
    return this.readers.size;
  }

  /**
   * Sends the present snapshot to `response`, and then one each second until it closes, or the application
   * stops.
   *
   * @throws {@link AdminRefusal} by 503 where enough listen already
   */
  open(response: AdminResponse): void {
    if (this.closed || this.readers.size >= this.maxStreams) {
      const why = this.closed ? 'shutting down' : `${this.maxStreams} readers listen already`;
      throw new AdminRefusal(503, why, { 'Retry-After': '5' });
    }
    if (rawResponse(response).destroyed) return;
    const raw = beginStream(response, 'text/event-stream; charset=utf-8');
    if (raw.req.method === 'HEAD') {
      raw.end();
      return;
    }
    const reader = { response: raw, skipped: 0 };
    this.readers.add(reader);
    raw.on('close', () => this.forget(reader));
    // How soon to come back after a stop, or a cut, in milliseconds.
    raw.write(`retry: ${EVERY_MS}\n\n${this.event()}`);
    this.arm();
  }

  /** Nest calls this first after the signal to stop: nobody is to be waited for. */
  onModuleDestroy(): void {
    this.closed = true;
    for (const { response } of [...this.readers]) response.end('event: end\ndata: {}\n\n');
  }

  private forget(reader: Reader): void {
    this.readers.delete(reader);
    if (this.readers.size > 0) return;
    this.cancel?.();
    this.cancel = undefined;
  }

  private arm(): void {
    this.cancel ??= this.scheduler.schedule(() => {
      this.cancel = undefined;
      this.tick();
      if (this.readers.size > 0) this.arm();
    }, EVERY_MS);
  }

  private tick(): void {
    let event: string | undefined;
    for (const reader of [...this.readers]) {
      const { response } = reader;
      if (response.writableLength === 0) {
        reader.skipped = 0;
        response.write((event ??= this.event()));
      } else if (++reader.skipped > MAX_SKIPPED) {
        response.destroy();
      }
    }
  }

  private event(): string {
    return `event: snapshot\ndata: ${JSON.stringify(this.service.snapshot())}\n\n`;
  }
}
