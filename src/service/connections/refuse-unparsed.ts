import { STATUS_CODES } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import {
  REQUEST_ID_HEADER,
  contextOf,
  jsonAnswer,
  lastUnanswered,
  requestIdFrom,
  writeAnswer,
} from '../../http/index.js';

/** Hears of what got its answer without having been handed on as a request. */
export interface RefusalLog {
  /**
   * @param cause what was wrong with it
   * @param request what could be read of it; nothing where it could not be parsed
   */
  refused(
    requestId: string,
    status: number,
    cause?: string,
    request?: Pick<IncomingMessage, 'method' | 'url'>,
  ): void;
}

const STATUS_BY_CODE: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/**
 * How long a connection that has been ended is still read, in milliseconds: what has not been read when it
 * is destroyed takes back from its client the answers that are still on their way (RFC 9112, section 9.6).
 */
const LINGER_MS = 1_000;

const REFUSED = Symbol('breakwater:unparsed');

/** What Node keeps on a connection of a server, and its type declarations do not name. */
type Connection = Socket & {
  /** It keeps a request until its body has ended, also when it has been answered. */
  readonly parser?: { readonly incoming?: IncomingMessage | null } | null;
  /** Whether its last answer is decided: nothing behind it is a request. */
  [REFUSED]?: true;
};

/**
 * Answers, in JSON, what Node hands on as no request of `server`: by 400 and its kind what cannot be
 * parsed, by 405 a CONNECT. Requests that came before on the same connection have their answers first, in
 * order and whole (RFC 9112, section 9.3.2); then the connection is closed.
 */
export function refuseUnparsed(server: Server, log?: RefusalLog): void {
  server.removeAllListeners('clientError');
  server.on('clientError', (error, socket) => {
    answerClientError(error, socket as Socket, log);
  });
  server.on('connect', (request, socket) => {
    answerConnect(request, socket as Socket, log);
  });
}

function answerClientError(
  error: NodeJS.ErrnoException,
  socket: Connection,
  log?: RefusalLog,
): void {
  if (error.code === 'ECONNRESET' || socket.writableFinished) {
    socket.destroy();
    return;
  }
  // Every further piece is an error as well; and what has been ended, closes when it is written.
  if (socket[REFUSED] || !socket.writable) return;
  socket[REFUSED] = true;
  const status = STATUS_BY_CODE[error.code ?? ''] ?? 400;
  const cause = error.code ?? error.message;
  const last = lastUnanswered(socket);
  const request = socket.parser?.incoming;
  // What is wrong is the rest of a request: it has one answer, and another would be another's.
  if (request?.complete === false) {
    if (last?.req === request && !last.headersSent) answerInPlace(last, status, cause, log);
    else afterAnswer(last, () => close(socket));
    return;
  }
  afterAnswer(last, () => {
    const requestId = requestIdFrom(undefined);
    refuse(socket, { status, requestId }, () => log?.refused(requestId, status, cause));
  });
}

/** There is no tunnel through here: Node itself would close the connection without a word. */
function answerConnect(request: IncomingMessage, socket: Connection, log?: RefusalLog): void {
  socket.on('error', () => socket.destroy());
  // What is for the other end of the tunnel is nobody's.
  socket.resume();
  socket[REFUSED] = true;
  afterAnswer(lastUnanswered(socket), () => {
    const requestId = requestIdFrom(request.headers['x-request-id']);
    refuse(socket, { status: 405, requestId, more: ['Allow', 'GET, HEAD'] }, () =>
      log?.refused(requestId, 405, undefined, request),
    );
  });
}

/** Calls `then` when `response`, and with it all before it, is out or has lost its connection. */
function afterAnswer(response: ServerResponse | undefined, then: () => void): void {
  if (response) response.once('close', then);
  else then();
}

/** Answers a request whose body is wrong while nothing has been said to it; Node keeps the order. */
function answerInPlace(
  response: ServerResponse,
  status: number,
  cause: string,
  log?: RefusalLog,
): void {
  const context = contextOf(response.req);
  if (context) {
    context.cause = cause;
  } else {
    // It waits for its turn, and nobody has heard of it.
    const requestId = requestIdFrom(response.req.headers['x-request-id']);
    response.setHeader(REQUEST_ID_HEADER, requestId);
    log?.refused(requestId, status, cause, response.req);
  }
  writeAnswer(response, jsonAnswer(status, errorOf(status), ['Connection', 'close']));
}

function refuse(
  socket: Socket,
  { status, requestId, more = [] }: { status: number; requestId: string; more?: string[] },
  onRefused: () => void,
): void {
  // The answer before has closed the connection, or it is lost.
  if (!socket.writable) return;
  onRefused();
  const own = ['Connection', 'close', ...more, REQUEST_ID_HEADER, requestId];
  const { fields, body } = jsonAnswer(status, errorOf(status), own);
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
  for (let at = 0; at < fields.length; at += 2) head += `${fields[at]}: ${fields[at + 1]}\r\n`;
  close(socket, `${head}\r\n${body as string}`);
}

/** Ends a connection with its last words, and destroys it when they are out and its client has ended as well. */
function close(socket: Socket, lastWords = ''): void {
  socket.end(lastWords, () => {
    if (socket.readableEnded) socket.destroy();
    else setTimeout(() => socket.destroy(), LINGER_MS).unref();
  });
}

function errorOf(status: number): object {
  return { error: (STATUS_CODES[status] ?? '').toLowerCase() };
}
