import { lookup } from 'node:dns';
import type { LookupAddress, LookupOptions } from 'node:dns';
import { Injectable } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { Agent, buildConnector } from 'undici';
import type { Dispatcher } from 'undici';
import { skipContinue } from './interim-heads.js';

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

type LookupCallback = (
  error: NodeJS.ErrnoException | null,
  addresses: string | LookupAddress[],
  family?: number,
) => void;

/** Tried in this order, the next one at once when one refuses. */
const LOOPBACK: readonly LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

/**
 * Resolves `localhost` to both loopback addresses (RFC 6761, section 6.3) without asking: where the
 * hosts file names one alone, a backend that binds the other would be out of reach. Every other name
 * is the resolver's.
 */
export function loopbackLookup(
  hostname: string,
  options: LookupOptions,
  callback: LookupCallback,
): void {
  if (hostname === 'localhost' && options.all) callback(null, [...LOOPBACK]);
  else lookup(hostname, options, callback);
}
