import type { IncomingMessage, ServerResponse } from 'node:http';
import { prepareAnswer, writeAnswer } from '../http/index.js';
import { isConditional, isNotModified, notModified } from './not-modified.js';
import { replyFields } from './reply-fields.js';
import type { RouteReply } from './route-responder.service.js';

/**
 * Writes a route's reply: the answer as it is, with `Cache-Status` and `Age`; or a 304, where the
 * request says that its caller has it already.
 */
export function sendReply(
  { headers }: IncomingMessage,
  response: ServerResponse,
  reply: RouteReply,
): void {
  const isKnown = isConditional(headers) && isNotModified(reply.answer, headers);
  const answer = isKnown ? notModified(reply.answer) : reply.answer;
  writeAnswer(response, prepareAnswer(answer, replyFields({ ...reply, answer })));
}
