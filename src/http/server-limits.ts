import { STATUS_CODES } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { requestIdFrom } from './request-id.js';

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

const STATUS_BY_CODE: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** Hears of what could not be parsed as a request. */
export interface RefusalLog {
  /** @param cause what was wrong with it */
  refused(requestId: string, status: number, cause: string): void;
}

/** Sets the limits of `server`; call it before the server listens, when Node reads them. */
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
  server.removeAllListeners('clientError');
  server.on('clientError', (error, socket) => {
    answerClientError(error, socket as Socket, log);
  });
  server.on('connect', (request, socket) => {
    answerConnect(request, socket as Socket, log);
  });
}

/** What Node keeps on a connection of a server, and its type declarations do not name. */
type Connection = Socket & {
  /** The response that is first in line. */
  readonly _httpMessage?: ServerResponse | null;
  /** It keeps a request until its body has ended, also when it has been answered. */
  readonly parser?: { readonly incoming?: IncomingMessage | null } | null;
};

/** What could not be parsed as a request gets a JSON answer, and its connection is closed. */
function answerClientError(
  error: NodeJS.ErrnoException,
  socket: Connection,
  log?: RefusalLog,
): void {
  // Node keeps the response in progress there: a second head would corrupt it.
  const isCorrupting = socket._httpMessage?.headersSent || isAnswered(socket);
  if (!socket.writable || isCorrupting || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const requestId = requestIdFrom(undefined);
  const status = STATUS_BY_CODE[error.code ?? ''] ?? 400;
  log?.refused(requestId, status, error.code ?? error.message);
  refuse(socket, { status, requestId });
}

/** Whether what is wrong is the rest of a request that has its answer: a second one would be another's. */
function isAnswered({ _httpMessage, parser }: Connection): boolean {
  return !_httpMessage && parser?.incoming?.complete === false;
}

/** There is no tunnel through here: Node itself would close the connection without a word. */
function answerConnect(request: IncomingMessage, socket: Connection, log?: RefusalLog): void {
  // Answers that are to come first would be overtaken.
  if (!socket.writable || socket._httpMessage) {
    socket.destroy();
    return;
  }
  socket.on('error', () => socket.destroy());
  const requestId = requestIdFrom(request.headers['x-request-id']);
  log?.refused(requestId, 405, 'CONNECT');
  refuse(socket, { status: 405, requestId, fields: 'Allow: GET, HEAD\r\n' });
}

function refuse(
  socket: Socket,
  { status, requestId, fields = '' }: { status: number; requestId: string; fields?: string },
): void {
  const reason = STATUS_CODES[status] ?? '';
  const body = JSON.stringify({ error: reason.toLowerCase() });
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `${fields}X-Request-Id: ${requestId}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    () => {
      socket.destroySoon();
    },
  );
}
