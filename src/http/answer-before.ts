import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';

/** Answers a request at once, or leaves it alone. Whether it has answered. */
export type EarlyAnswer = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Has `answer` asked first, before those who listen to the requests of `server` by now. */
export function answerBefore(server: Server, answer: EarlyAnswer): void {
  const listeners = server.rawListeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    if (answer(request, response)) return;
    for (const listener of listeners) {
      listener.call(server, request, response);
    }
  });
}
