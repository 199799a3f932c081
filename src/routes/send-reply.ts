import type { ServerResponse } from 'node:http';
import { prepareAnswer, writeAnswer } from '../http/index.js';
import { replyFields } from './reply-fields.js';
import type { RouteReply } from './route-responder.service.js';

/** Writes a route's reply: the answer as it is, with `Cache-Status` and `Age`. */
export function sendReply(response: ServerResponse, reply: RouteReply): void {
  writeAnswer(response, prepareAnswer(reply.answer, replyFields(reply)));
}
