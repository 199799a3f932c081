import { Injectable } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { Agent } from 'undici';
import type { Dispatcher } from 'undici';
import { loopbackLookup } from './loopback-lookup.js';

/**
 * The keep-alive connections to the backend. As many as there are calls in progress: their number
 * is bounded by the flights and requests admitted, and a smaller pool would make keys wait for each
 * other.
 */
@Injectable()
export class BackendPool implements OnApplicationShutdown {
  readonly dispatcher: Dispatcher = new Agent({
    autoSelectFamily: true,
    connect: { lookup: loopbackLookup },
    // The call's own deadline covers both.
    headersTimeout: 0,
    bodyTimeout: 0,
  });

  async onApplicationShutdown(): Promise<void> {
    await this.dispatcher.destroy();
  }
}
