import type { ServerResponse } from 'node:http';
import type { BackendAnswer } from '../backend/index.js';

/**
 * Writes a backend's answer as it is: one shared Buffer, no parsing, no ETag or 304 of our own.
 * Node leaves the body out for HEAD and for a status that has none.
 */
export function sendAnswer(response: ServerResponse, answer: BackendAnswer): void {
  if (response.destroyed || response.headersSent) return;
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
