import { STATUS_CODES } from 'node:http';
import type { ServerResponse } from 'node:http';
import { hasRoomFor, jsonAnswer, rawResponse, writeBare } from '../http/index.js';
import type { AdapterResponse } from '../http/index.js';
import { fieldLines } from './field-lines.js';
import type { AnswerBody } from './answer-body.js';

/** An answer on its way to one client. */
export interface Delivery {
  readonly status: number;
  /** Reason phrase, where it is not the usual one. */
  readonly reason?: string | undefined;
  /** Names and values in turn, without what frames the body. */
  readonly fields: string[];
  /** None for an answer without content. */
  readonly body?: AnswerBody | undefined;
  /** The part of it that is sent. */
  readonly part?: { readonly start: number; readonly end: number } | undefined;
  /** Length to name where there is no body to send, as for HEAD. */
  readonly length?: number | undefined;
  /** Whether the fields say it themselves: there is no body, as for HEAD. */
  readonly keepsLength?: boolean;
}

/** Statuses that never have content (RFC 9110, sections 15.3.5 and 15.4.5). */
const BARE: ReadonlySet<number> = new Set([204, 304]);

/** Fields of which others may have set some too: all of them hold, as CORS' `Vary` and the answer's. */
const ADDED: ReadonlySet<string> = new Set(['vary', 'set-cookie']);

/**
 * Writes an answer: head by a raw list, byte for byte, and the body as it comes. `false` where the client
 * has gone, or has its answer already.
 *
 * @throws where the head cannot be written: nothing has been written then
 */
export function deliver(to: AdapterResponse, answer: Delivery): boolean {
  const response = rawResponse(to);
  if (response.destroyed || response.headersSent) return false;
  const { status, reason, body, part } = answer;
  const isHead = response.req.method === 'HEAD';
  const length = lengthOf(answer, isHead);
  const fields = withOthers(to, response, answer.fields);
  if (length !== undefined) fields.push('Content-Length', String(length));
  const lines = fieldLines(fields);
  const whole = body?.whole;
  const said = isUsualReason(answer);
  if (said && (isHead || body === undefined || BARE.has(status))) {
    writeBare(response, status, lines, '');
  } else if (said && whole !== undefined && part === undefined && hasRoomFor(response, whole)) {
    writeBare(response, status, lines, inOneWrite(whole));
  } else {
    if (said) response.writeHead(status, lines);
    else response.writeHead(status, reason as string, lines);
    if (isHead || body === undefined || BARE.has(status)) response.end();
    else if (part === undefined) body.sendTo(response);
    else body.sendTo(response, part.start, part.end);
  }
  return true;
}

/** Writes an answer of the gateway's own. */
export function deliverOwn(
  to: AdapterResponse,
  status: number,
  content: object,
  own: string[] = [],
): boolean {
  const response = rawResponse(to);
  if (response.destroyed || response.headersSent) return false;
  const { fields, body } = jsonAnswer(status, content, own);
  writeBare(response, status, fieldLines(withOthers(to, response, fields)), body);
  return true;
}

/** Up to here head and body go to the socket as one string: two buffers in one write cost more. */
const MAX_TEXT_BYTES = 2_048;

/** A whole body as it is cheapest to write behind its head, in latin1. */
export function inOneWrite(body: Buffer): string | Buffer {
  return body.length <= MAX_TEXT_BYTES ? body.toString('latin1') : body;
}

/** Whether the reason phrase is the one that Node writes by itself. */
export function isUsualReason({
  status,
  reason,
}: Readonly<Pick<Delivery, 'status' | 'reason'>>): boolean {
  return reason === undefined || reason === '' || reason === STATUS_CODES[status];
}

function lengthOf(
  { status, body, part, length, keepsLength }: Delivery,
  isHead: boolean,
): number | undefined {
  if (BARE.has(status) || keepsLength) return undefined;
  if (part !== undefined) return part.end - part.start;
  if (length !== undefined) return length;
  if (body === undefined) return isHead ? undefined : 0;
  return body.length;
}

/**
 * The fields of an answer beside those that guards, CORS and whoever else stands in front have set: of one
 * name the answer's hold.
 */
function withOthers(to: AdapterResponse, response: ServerResponse, fields: string[]): string[] {
  if (to === response && response.getHeaderNames().length === 0) return fields;
  const set = { ...(to === response ? {} : to.getHeaders()), ...response.getHeaders() };
  const names = Object.keys(set);
  if (names.length === 0) return fields;
  const own = new Set<string>();
  for (let at = 0; at < fields.length; at += 2) own.add((fields[at] as string).toLowerCase());
  const all: string[] = [];
  for (const name of names) {
    const value = set[name];
    response.removeHeader(name);
    const isFraming = name === 'content-length' || name === 'transfer-encoding';
    if (value === undefined || isFraming || (own.has(name) && !ADDED.has(name))) continue;
    for (const line of Array.isArray(value) ? value : [String(value)]) all.push(name, line);
  }
  return [...all, ...fields];
}
