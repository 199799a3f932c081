import type { Server } from 'node:http';
import { refuseUnparsed } from './refuse-unparsed.js';
import type { RefusalLog } from './refuse-unparsed.js';

/** Bounds on what a client may make the server wait for or hold. */
export interface ServerLimits {
  /** Longest wait for a complete request head, in milliseconds. */
  readonly headersTimeoutMs: number;
  /** Longest wait for a complete request, in milliseconds. */
  readonly requestTimeoutMs: number;
}

/** Holds a key of 7 000 characters even if each is a percent-encoded one of four bytes. */
const MAX_HEAD_BYTES = 96 * 1024;

/** How often Node looks for connections past their time; its default of 30 s would add to each. */
const CHECK_INTERVAL_MS = 1_000;

/**
 * Sets the limits of `server`, and refuses what is over them or is no request; call it before the server
 * listens, when Node reads them.
 */
export function limitServer(server: Server, limits: ServerLimits, log?: RefusalLog): void {
  server.headersTimeout = limits.headersTimeoutMs;
  server.requestTimeout = limits.requestTimeoutMs;
  // Node leaves out what comes after a thousand fields, a Cookie or a second Host as well: the bound is
  // that of the head's bytes alone.
  server.maxHeadersCount = 0;
  // Read by Node at each connection and at `listen`, but missing in its type declarations.
  Object.assign(server, {
    maxHeaderSize: MAX_HEAD_BYTES,
    connectionsCheckingInterval: CHECK_INTERVAL_MS,
    // Node's refusal has no body; `refuseMalformed` says it in JSON.
    requireHostHeader: false,
  });
  // An expectation that nobody knows may be ignored (RFC 9110, section 10.1.1).
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  refuseUnparsed(server, log);
}
