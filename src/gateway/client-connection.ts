import { STATUS_CODES } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { endToEnd } from '../http-cache/index.js';
import type { Fields } from '../http-cache/index.js';
import { isWritable } from './framing.js';

/**
 * Hands an interim answer on (RFC 9110, section 15.2), where there is a client that knows such, and its turn
 * has come: on a connection on which others are answered first it would be taken for theirs.
 *
 * @param fields as received
 */
export function writeInterim(response: ServerResponse, status: number, fields: Fields): void {
  const { req, socket } = response;
  const knows = req.httpVersionMajor === 1 && req.httpVersionMinor >= 1;
  if (!knows || socket === null || response.headersSent || !socket.writable) return;
  const kept = endToEnd(fields);
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
  for (let at = 0; at < kept.length; at += 2) {
    const name = kept[at] as string;
    const value = kept[at + 1] as string;
    if (name.toLowerCase() !== 'content-length' && isWritable(value))
      head += `${name}: ${value}\r\n`;
  }
  socket.write(`${head}\r\n`, 'latin1');
}

/** How long a client may take to notice that it has its answer, in milliseconds. */
const LINGER_MS = 2_000;

/**
 * Has the connection closed by the answer to a request of which a part is still to come, in a way in which
 * the answer arrives (RFC 9112, section 9.6): a connection that is closed while its client writes is reset,
 * and what the client has not read yet is lost.
 */
export function closeAfterAnswer(request: IncomingMessage, response: ServerResponse): void {
  response.shouldKeepAlive = false;
  const { socket } = request;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called on the socket
  const { destroySoon } = socket;
  // By this Node closes it, once the answer is out.
  socket.destroySoon = () => {
    if (request.complete) {
      destroySoon.call(socket);
      return;
    }
    socket.end();
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    const close = () => socket.destroy();
    // What follows the request is not answered any more.
    request.once('end', close);
    socket.once('end', close).once('close', () => clearTimeout(timer));
  };
  response.once('finish', () => request.resume());
}

/**
 * Ends an answer that has begun and cannot be finished, so that nobody takes it for whole: where its end
 * is all that delimits it, by a reset.
 *
 * @param isDelimited whether its length, or its chunks, tell that something is missing
 */
export function cutOff(response: ServerResponse, isDelimited: boolean): void {
  const { socket } = response;
  if (!isDelimited && socket !== null && !('encrypted' in socket)) socket.resetAndDestroy();
  response.destroy();
}
