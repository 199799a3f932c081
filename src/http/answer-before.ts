import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { listenersBehind } from './bound-pipelines.js';

/** Answers a request at once, or leaves it alone. Whether it has answered. */
export type EarlyAnswer = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Has `answer` asked first, before those who listen to the requests of `server` by now. */
export function answerBefore(server: Server, answer: EarlyAnswer): void {
  const behind = listenersBehind(server);
  const listeners = behind?.splice(0) ?? (server.rawListeners('request') as RequestListener[]);
  const first: RequestListener = (request, response) => {
    if (answer(request, response)) return;
    for (const listener of listeners) {
      listener.call(server, request, response);
    }
  };
  if (behind) {
    behind.push(first);
  } else {
    server.removeAllListeners('request');
    server.on('request', first);
  }
}

/** How many listen to the requests of `server`. */
export function countListeners(server: Server): number {
  const count = server.listenerCount('request');
  const behind = listenersBehind(server);
  return behind ? count - 1 + behind.length : count;
}
