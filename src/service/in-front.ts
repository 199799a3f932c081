import type { IncomingMessage, Server } from 'node:http';
import type { INestApplicationContext } from '@nestjs/common';
import { GatewayService, acceptSpecialRequests } from '../gateway/index.js';
import { answerBefore } from '../http/index.js';
import type { HitObserver } from '../http/index.js';
import type { Settings } from './config/index.js';
import { isForOperators } from './operators/index.js';
import { isOwnPath } from './own-paths.js';

/**
 * Has the gateway answer whatever is none of the service's own endpoints, before the framework hears of it: no
 * parser, no guard and no limit of its own stands between an API and its clients.
 */
export function standInFront(
  app: INestApplicationContext,
  server: Server,
  own: Settings['PROXY_OWN_ROUTES'],
): void {
  const gateway = app.get(GatewayService);
  const isOwn = (request: IncomingMessage): boolean => {
    if (isForOperators(request)) return true;
    return isOwnPath(request.url ?? '', own);
  };
  acceptSpecialRequests(server, (request) => !isOwn(request) && gateway.switches(request));
  answerBefore(server, (request, response) => {
    if (isOwn(request)) return false;
    gateway.handle(request, response);
    return true;
  });
}

/** Has hits answered before all others who listen to the server; `observer` hears of them in their place. */
export function answerHitsFirst(
  app: INestApplicationContext,
  server: Server,
  observer: HitObserver,
): void {
  const { hits } = app.get(GatewayService);
  answerBefore(
    server,
    (request, response) => !isForOperators(request) && hits.answer(request, response, observer),
  );
}
