import type { ServerResponse } from 'node:http';
import { sendAnswer } from '../http/index.js';
import type { RouteReply } from './route-responder.service.js';

/** Announced with an answer that is no success, whatever the backend said: it is not to be kept. */
const NOT_TO_BE_KEPT = 'no-store';

/** Writes a route's reply: the answer as it is, with `Cache-Status` and `Age`. */
export function sendReply(response: ServerResponse, reply: RouteReply): void {
  if (response.destroyed || response.headersSent) return;
  const { answer, ageSeconds } = reply;
  response.setHeader('Cache-Status', reply.cacheStatus);
  if (ageSeconds !== undefined) response.setHeader('Age', ageSeconds);
  if (answer.status >= 400) response.setHeader('Cache-Control', NOT_TO_BE_KEPT);
  if (answer.cookies.length > 0) response.setHeader('Set-Cookie', answer.cookies);
  sendAnswer(response, answer);
}
