import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { abortUnfinished } from './caller-signal.js';
import { attachContext } from './request-context.js';

/** Hears of the requests of a server before any framework does, and of their end. */
export interface RequestWatcher {
  opened(request: IncomingMessage, response: ServerResponse): void;
  /** The answer is out, or the caller gone. */
  closed?(response: ServerResponse): void;
}

/**
 * Gives every request of `server` a context, and has `watchers` hear of it. One listener serves all of
 * them, callers' signals, and all responses: for several Node keeps a list on every response.
 */
export function watchRequests(server: Server, watchers: readonly RequestWatcher[]): void {
  function onClose(this: ServerResponse): void {
    for (const watcher of watchers) watcher.closed?.(this);
    abortUnfinished(this);
  }
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    attachContext(request);
    for (const watcher of watchers) watcher.opened(request, response);
    response.on('close', onClose);
  });
}
