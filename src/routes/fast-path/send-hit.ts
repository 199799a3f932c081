import type { ServerResponse } from 'node:http';
import { isBare, writeAtOnce } from '../../http/index.js';
import type { PreparedHit } from './hot-target.js';

/** Writes a hit to a response that others may have set headers on: theirs go before the backend's. */
export function sendHit(response: ServerResponse, hit: PreparedHit): void {
  if (response.destroyed || response.headersSent) return;
  const { fields, ownFrom, passedFrom } = hit;
  if (isBare(response)) {
    const { status, body } = hit;
    writeAtOnce(response, { status, fields: fields.slice(ownFrom), body });
    return;
  }
  response.statusCode = hit.status;
  for (let at = ownFrom; at < fields.length; at += 2) {
    const name = fields[at] as string;
    const value = fields[at + 1] as string;
    // CORS has a Vary of its own: both hold.
    if (name === 'vary') response.appendHeader(name, value);
    else if (at < passedFrom || !response.hasHeader(name)) response.setHeader(name, value);
  }
  response.end(hit.body, 'latin1');
}
