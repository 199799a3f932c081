import type { ServerResponse } from 'node:http';
import type { BackendAnswer } from '../backend/index.js';
import { MAX_TEXT_BYTES, isBare, writeAtOnce } from './write-at-once.js';
import type { PreparedAnswer } from './write-at-once.js';

/** The last one that was short: those who waited for one flight are answered one after the other. */
let last: { readonly of: BackendAnswer; readonly prepared: PreparedAnswer } | undefined;

/**
 * Writes a backend's answer as it is: one shared Buffer, no parsing, no ETag or 304 of our own.
 * Node leaves the body out for HEAD and for a status that has none.
 */
export function sendAnswer(response: ServerResponse, answer: BackendAnswer): void {
  if (response.destroyed || response.headersSent) return;
  if (isBare(response)) {
    writeAtOnce(response, prepared(answer));
    return;
  }
  response.statusCode = answer.status;
  for (const [name, value] of answer.headers) {
    // CORS has a Vary of its own: both hold.
    if (name === 'vary') response.appendHeader(name, value);
    else if (!response.hasHeader(name)) response.setHeader(name, value);
  }
  if (answer.status !== 204 && answer.status !== 304) {
    response.setHeader('Content-Length', answer.body.length);
  }
  response.end(answer.body);
}

function prepared(answer: BackendAnswer): PreparedAnswer {
  if (last?.of === answer) return last.prepared;
  const { status, headers, body } = answer;
  const fields = headers.flat();
  if (status !== 204 && status !== 304) fields.push('Content-Length', String(body.length));
  if (body.length > MAX_TEXT_BYTES) return { status, fields, body };
  const short = { status, fields, body: body.toString('latin1') };
  last = { of: answer, prepared: short };
  return short;
}
