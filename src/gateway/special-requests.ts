import { ServerResponse } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { callback, objectWith } from '../ground/index.js';

const A_SERVER = objectWith('on', 'emit');

/** Bytes that came behind the head of a request that asks for another protocol. */
const BEHIND = Symbol('breakwater:behind-upgrade');
/** Whether a request waits for `100 Continue`. */
const EXPECTS = Symbol('breakwater:expects-continue');

type Special = IncomingMessage & { [BEHIND]?: Buffer; [EXPECTS]?: boolean };

/** What Node keeps of the parser of a connection, and its type declarations do not name. */
type Parsed = Socket & {
  readonly parser?: {
    onIncoming?: (request: IncomingMessage, keepAlive: boolean) => unknown;
  } | null;
};

/**
 * Has the requests that Node hands out by events of their own come as all others do, so that whoever looks
 * at requests sees them as well.
 *
 * - those that ask for another protocol, where `wants` says so; all others get a plain answer, as if nobody
 *   could switch (RFC 9110, section 7.8)
 * - those with `Expect: 100-continue`: whoever reads the body has it sent, unless the expectation has been
 *   taken by {@link takeExpectation}
 * - `CONNECT` is refused
 *
 * @throws InvalidOptionError for what is no server, or no function
 */
export function acceptSpecialRequests(
  server: Server,
  wants: (request: IncomingMessage) => boolean,
): void {
  A_SERVER.check(server, 'acceptSpecialRequests()', 'server');
  callback.check(wants, 'acceptSpecialRequests()', 'wants');
  const askFirst = ({ parser }: Parsed) => {
    const onIncoming = parser?.onIncoming;
    if (!parser || onIncoming === undefined) return;
    parser.onIncoming = (request, keepAlive) => {
      const asked = request as IncomingMessage & { upgrade: boolean };
      // Node asks only whether there is somebody who switches at all.
      if (asked.upgrade && request.method !== 'CONNECT' && !wants(request)) asked.upgrade = false;
      return onIncoming.call(parser, request, keepAlive);
    };
  };
  server.on('connection', askFirst).on('secureConnection', askFirst);
  server.on('upgrade', (request: Special, socket: Socket, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    request[BEHIND] = head;
    server.emit('request', request, responseOn(socket, request));
  });
  server.on('checkContinue', (request: Special, response: ServerResponse) => {
    request[EXPECTS] = true;
    const read = request._read.bind(request);
    request._read = (size) => {
      if (takeExpectation(request) && !response.headersSent) response.writeContinue();
      read(size);
    };
    server.emit('request', request, response);
  });
  server.on('connect', (_request, socket) => {
    socket.on('error', () => socket.destroy());
    socket.end('HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });
}

/**
 * The bytes that came behind the head of a request that asks for another protocol, and belong to it;
 * `undefined` for all other requests.
 */
export function behindUpgrade(request: IncomingMessage): Buffer | undefined {
  return (request as Special)[BEHIND];
}

/** Whether a request waits for `100 Continue`, which is from now on the caller's to send. */
export function takeExpectation(request: IncomingMessage): boolean {
  const special = request as Special;
  const expects = special[EXPECTS] === true;
  special[EXPECTS] = false;
  return expects;
}

/** A response on a connection that Node has let go of; it is closed once that is out, unless it switches. */
function responseOn(socket: Socket, request: IncomingMessage): ServerResponse {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  socket.on('drain', () => {
    if (!response.writableFinished) response.emit('drain');
  });
  // As Node has it for all others: who leaves does not wait for an answer.
  socket.once('end', () => {
    if (!response.writableFinished) socket.destroy();
  });
  response.once('finish', () => {
    response.detachSocket(socket);
    if (response.statusCode !== 101) socket.end();
    process.nextTick(() => {
      response.destroyed = true;
      response.emit('close');
    });
  });
  return response;
}
