import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { BodiesInFlight, InFlightBytesError } from '../backend/index.js';
import type { BackendAnswer } from '../backend/index.js';
import { contextOf } from './request-context.js';

/** A request as Express (the Node request itself) or Fastify (a wrapper with `raw`) hands it out. */
export type AdapterRequest = IncomingMessage & { readonly raw?: IncomingMessage };

/** A response as Express (the Node response itself) or Fastify (a wrapper with `raw`) hands it out. */
export type AdapterResponse = ServerResponse & { readonly raw?: ServerResponse };

/** Node's own request under either adapter. */
export function rawRequest(request: AdapterRequest): IncomingMessage {
  return request.raw ?? request;
}

/** Node's own response under either adapter. */
export function rawResponse(response: AdapterResponse): ServerResponse {
  return response.raw ?? response;
}

/** Up to here head and body go to the socket as one string: two buffers in one write cost more. */
const MAX_TEXT_BYTES = 2_048;

/** Fields of which others may have set some too: all of them hold, as CORS' `Vary` and the answer's. */
const ADDED: ReadonlySet<string> = new Set(['vary', 'set-cookie']);

/** An answer as it is written. */
export interface PreparedAnswer {
  readonly status: number;
  /** Names and values in turn, `Content-Length` last. */
  readonly fields: string[];
  /** Where the backend's own fields begin: those of guards, interceptors and CORS go before them. */
  readonly passedFrom: number;
  /** Text of one byte a character, or the shared Buffer. */
  readonly body: string | Buffer;
}

/**
 * Prepares a backend's answer.
 *
 * @param own names and values, in turn, of fields that go before those of the answer, or in place of one
 * of the same name; the list becomes the answer's
 */
export function prepareAnswer(
  { status, headers, body }: BackendAnswer,
  own: string[] = [],
): PreparedAnswer {
  const fields = own;
  const passedFrom = own.length;
  for (const [name, value] of headers) {
    if (!hasField(own, passedFrom, name)) fields.push(name, value);
  }
  // A 205 has no content, whatever a backend sends with it (RFC 9110, section 15.3.6).
  const length = status === 205 ? 0 : body.length;
  if (status !== 204 && status !== 304) fields.push('Content-Length', String(length));
  const sent = length <= MAX_TEXT_BYTES ? body.toString('latin1', 0, length) : body;
  return { status, fields, passedFrom, body: sent };
}

/** Whether one of the first `end` members of a list names a field so, in lower case. */
function hasField(fields: readonly string[], end: number, name: string): boolean {
  for (let at = 0; at < end; at += 2) if (fields[at]?.toLowerCase() === name) return true;
  return false;
}

/**
 * Prepares an answer of our own, in JSON.
 *
 * @param own names and values, in turn, of fields beside those of the body
 */
export function jsonAnswer(status: number, content: object, own: string[] = []): PreparedAnswer {
  const body = Buffer.from(JSON.stringify(content));
  const fields = [...own, 'Content-Type', 'application/json; charset=utf-8'];
  fields.push('Content-Length', String(body.length));
  return { status, fields, passedFrom: fields.length, body: body.toString('latin1') };
}

/** The last one that was short: those who waited for one flight are answered one after the other. */
let last: { readonly of: BackendAnswer; readonly prepared: PreparedAnswer } | undefined;

/** Writes a backend's answer as it is: one shared Buffer, no parsing, no ETag or 304 of our own. */
export function sendAnswer(response: AdapterResponse, answer: BackendAnswer): void {
  let prepared = last?.of === answer ? last.prepared : undefined;
  if (prepared === undefined) {
    prepared = prepareAnswer(answer);
    if (typeof prepared.body === 'string') last = { of: answer, prepared };
  }
  writeAnswer(response, prepared);
}

/**
 * The one way in which an answer leaves: the head from a list of fields, byte for byte, and then the
 * body. Where Node makes the head while it knows how long the body is, it takes `Content-Disposition`
 * for UTF-8, and out of two bytes that are none a line break may come. Node leaves the body out for
 * HEAD and for a status that has none.
 *
 * @param from where in the fields those begin that are to be written
 * @throws {InFlightBytesError} where clients have left so much unread that there is no room for the body
 */
export function writeAnswer(response: AdapterResponse, answer: PreparedAnswer, from = 0): void {
  const raw = responseToWrite(response);
  if (raw.destroyed || raw.headersSent) return;
  const { status, fields, body } = answer;
  if (typeof body !== 'string') demandRoom(raw, body);
  if (isBare(raw)) {
    writeBare(raw, status, from === 0 ? fields : fields.slice(from), body);
  } else {
    setFields(raw, answer, from);
    raw.writeHead(status);
    end(raw, body);
  }
}

/**
 * {@link writeAnswer} where it is known that nobody has set a field, and that there is room for the body.
 */
export function writeBare(
  response: ServerResponse,
  status: number,
  fields: (string | string[])[],
  body: string | Buffer,
): void {
  response.writeHead(status, fields);
  end(response, body);
}

function end(response: ServerResponse, body: string | Buffer): void {
  response.end(body, 'latin1');
  if (typeof body !== 'string') holdWhileWritten(response, body);
}

/** Whether there is room for `body`, which is about to be given to `response`, or it is counted already. */
export function hasRoomFor(response: ServerResponse, body: string | Buffer): boolean {
  return typeof body === 'string' || (countedBy(response, body)?.hasRoomFor(body) ?? true);
}

function demandRoom(response: ServerResponse, body: Buffer): void {
  const bodies = countedBy(response, body);
  if (bodies?.hasRoomFor(body) === false) throw new InFlightBytesError(bodies.maxBytes);
}

/**
 * Counts `body` as long as `response`, to which it has been given, has not got rid of it. Once, however many
 * responses there are to which it has been given, and wherever it came from.
 */
function holdWhileWritten(response: ServerResponse, body: Buffer): void {
  if (response.destroyed) return;
  // Most are gone by now: the operating system has taken them.
  if (response.socket !== null && response.socket.writableLength === 0) return;
  const bodies = countedBy(response, body);
  if (bodies === undefined) return;
  bodies.hold(body);
  response.once('close', () => bodies.letGo(body));
}

function countedBy({ req }: ServerResponse, body: Buffer): BodiesInFlight | undefined {
  if (req.method === 'HEAD') return undefined;
  // Node keeps it there, and its type declarations do not name it.
  const { server } = req.socket as Socket & { readonly server?: Server };
  return BodiesInFlight.countedBy(body, server);
}

/**
 * Node's own response, ready for an answer. Fastify keeps what guards, interceptors and CORS set on its
 * wrapper until it answers itself; who answers in its place has to bring that along.
 */
function responseToWrite(response: AdapterResponse): ServerResponse {
  const raw = rawResponse(response);
  if (raw === response || raw.headersSent) return raw;
  for (const [name, value] of Object.entries(response.getHeaders())) {
    if (value !== undefined) raw.setHeader(name, value);
  }
  return raw;
}

/**
 * Whether the list may be written as it is: nobody has set any field, and nobody reads them back, which
 * is known of the service's own requests alone.
 */
function isBare(response: ServerResponse): boolean {
  return response.getHeaderNames().length === 0 && contextOf(response.req) !== undefined;
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

/** Answers that are written in one turn of the event loop. */
const PER_TURN = 64;

let left = PER_TURN;
let waiting: (() => void)[] = [];
/** How many of those who waited have had their turn. */
let served = 0;

/**
 * Thousands who wait for one flight have their answers at the same moment, and all else would wait until the
 * last has been written. `undefined`, while there is room in this turn of the event loop; otherwise a
 * promise of one in which there is.
 */
export function ownTurn(): Promise<void> | undefined {
  if (left > 0) {
    if (left-- === PER_TURN) setImmediate(nextTurn);
    return undefined;
  }
  return new Promise((resolve) => {
    waiting.push(resolve);
  });
}

/** Does `work` in this turn where there is room, or else in a later one. */
export function inOwnTurn(work: () => void): void | Promise<void> {
  const turn = ownTurn();
  return turn === undefined ? work() : turn.then(work);
}

/** Throws `error`, which will be answered, in this turn where there is room, or else in a later one. */
export function throwInOwnTurn(error: unknown): void | Promise<void> {
  return inOwnTurn(() => {
    throw error;
  });
}

function nextTurn(): void {
  left = PER_TURN;
  for (; left > 0 && served < waiting.length; left--) waiting[served++]?.();
  if (served === waiting.length) {
    waiting = [];
    served = 0;
  }
  if (left < PER_TURN) setImmediate(nextTurn);
}
