import type { ServerResponse } from 'node:http';
import { writeAnswer } from '../../http/index.js';
import type { PreparedHit } from './hot-target.js';

/** Writes a hit to a response that others may have set headers on: theirs go before the backend's. */
export function sendHit(response: ServerResponse, hit: PreparedHit): void {
  writeAnswer(response, hit, hit.ownFrom);
}
