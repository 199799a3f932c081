import type { ServerResponse } from 'node:http';
import { demandRoom, holdWhileWritten } from '../backend/index.js';
import type { BackendAnswer, HeaderList } from '../backend/index.js';
import { contextOf } from './request-context.js';

/** Up to here head and body go to the socket as one string: two buffers in one write cost more. */
const MAX_TEXT_BYTES = 2_048;

/** Fields of which others may have set some too: all of them hold, as CORS' `Vary` and the answer's. */
const ADDED: ReadonlySet<string> = new Set(['vary', 'set-cookie']);

/** An answer as {@link writeAnswer} writes it. */
export interface PreparedAnswer {
  readonly status: number;
  /** Names and values in turn, `Content-Length` last. */
  readonly fields: string[];
  /** Where the backend's own fields begin: those of guards, interceptors and CORS go before them. */
  readonly passedFrom: number;
  /** Text of one byte a character, or the shared Buffer. */
  readonly body: string | Buffer;
}

/** Prepares an answer, with fields that go before it, or in place of its own of the same name. */
export function prepareAnswer(
  { status, headers, body }: BackendAnswer,
  own: HeaderList = [],
): PreparedAnswer {
  const fields = own.flat();
  const passedFrom = fields.length;
  for (const [name, value] of headers) {
    if (!own.some(([present]) => present.toLowerCase() === name)) fields.push(name, value);
  }
  // A 205 has no content, whatever a backend sends with it (RFC 9110, section 15.3.6).
  const length = status === 205 ? 0 : body.length;
  if (status !== 204 && status !== 304) fields.push('Content-Length', String(length));
  const sent = length <= MAX_TEXT_BYTES ? body.toString('latin1', 0, length) : body;
  return { status, fields, passedFrom, body: sent };
}

/**
 * The one way in which a backend's answer leaves: the head from a list of fields, byte for byte, and
 * then the body. Where Node makes the head while it knows how long the body is, it takes
 * `Content-Disposition` for UTF-8, and out of two bytes that are none a line break may come. Node leaves
 * the body out for HEAD and for a status that has none.
 *
 * @param from where in the fields those begin that are to be written
 * @throws {InFlightBytesError} where clients have left so much unread that there is no room for the body
 */
export function writeAnswer(response: ServerResponse, answer: PreparedAnswer, from = 0): void {
  if (response.destroyed || response.headersSent) return;
  const { status, fields, body } = answer;
  demandRoom(response, body);
  if (isBare(response)) {
    response.writeHead(status, from === 0 ? fields : fields.slice(from));
  } else {
    setFields(response, answer, from);
    response.writeHead(status);
  }
  response.end(body, 'latin1');
  holdWhileWritten(response, body);
}

/**
 * Whether the list may be written as it is: nobody has set any field, and nobody reads them back, which
 * is known of the service's own requests alone.
 */
function isBare(response: ServerResponse): boolean {
  return contextOf(response.req) !== undefined && response.getHeaderNames().length === 0;
}

function setFields(
  response: ServerResponse,
  { fields, passedFrom }: PreparedAnswer,
  from: number,
): void {
  // What the body's length is, the answer knows; and it stays last.
  response.removeHeader('Content-Length');
  for (let at = from; at < fields.length; at += 2) {
    const name = fields[at] as string;
    const value = fields[at + 1] as string;
    if (ADDED.has(name.toLowerCase())) response.appendHeader(name, value);
    else if (at < passedFrom || !response.hasHeader(name)) response.setHeader(name, value);
  }
}
