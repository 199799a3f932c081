import type { ServerResponse } from 'node:http';
import { contextOf } from './request-context.js';

/** Up to here head and body go to the socket as one string: two buffers in one write cost more. */
export const MAX_TEXT_BYTES = 2_048;

/**
 * Whether an answer may be written without `setHeader` for each field: nobody has set any, and nobody
 * reads them back, which is known of the service's own requests alone.
 */
export function isBare(response: ServerResponse): boolean {
  return contextOf(response.req) !== undefined && response.getHeaderNames().length === 0;
}

/** What `writeHead` and `end` take. */
export interface PreparedAnswer {
  readonly status: number;
  /** Names and values in turn. */
  readonly fields: readonly string[];
  /** Text of one byte a character, or bytes. */
  readonly body: string | Buffer;
}

/** Writes an answer to a response that {@link isBare}. */
export function writeAtOnce(response: ServerResponse, answer: PreparedAnswer): void {
  response.writeHead(answer.status, answer.fields as string[]).end(answer.body, 'latin1');
}
