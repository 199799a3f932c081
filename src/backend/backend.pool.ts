import { Injectable } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { Agent, buildConnector } from 'undici';
import type { Dispatcher } from 'undici';
import { skipContinue } from './interim-heads.js';
import { loopbackLookup } from './loopback-lookup.js';

/**
 * The keep-alive connections to the backend. As many as there are calls in progress: their number
 * is bounded by the flights and requests admitted, and a smaller pool would make keys wait for each
 * other.
 */
@Injectable()
export class BackendPool implements OnApplicationShutdown {
  private readonly connect = buildConnector({ autoSelectFamily: true, lookup: loopbackLookup });

  readonly dispatcher: Dispatcher = new Agent({
    connect: (options, callback) => {
      this.connect(options, (error, socket) => {
        if (error) callback(error, null);
        else callback(null, skipContinue(socket));
      });
    },
    // The call's own deadline covers both.
    headersTimeout: 0,
    bodyTimeout: 0,
  });

  async onApplicationShutdown(): Promise<void> {
    await this.dispatcher.destroy();
  }
}
