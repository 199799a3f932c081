import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { routeOf } from '../module-options/index.js';
import type { MetricSource, Take } from './metric-sources.js';

/** Of requests that no declared route was there for. */
export const UNMATCHED = 'unmatched';

/** Of what was refused without having been read as a request. */
export const UNPARSED = 'unparsed';

/** In place of the status, where the caller has left before the answer was out. */
export const ABORTED = 'aborted';

/** Tells of hits that are answered before the framework, as `RoutesModule` does. */
export interface HitTeller {
  onHit?(listener: (request: IncomingMessage, route: string, status: number) => void): void;
}

const COUNTED = Symbol('breakwater:counted');

type Counted = IncomingMessage & { [COUNTED]?: true };

/** Counts the requests of an application by declared route and status, whoever answers them. */
@Injectable()
export class RequestCounts implements MetricSource {
  readonly groups = ['requests'] as const;
  private readonly counts = new Map<string, Map<number | string, number>>();

  /** It may be put where one hears of all requests before any framework does. */
  opened(): void {
    // There is nothing to count before the end.
  }

  /** `response` is out, or its caller gone. */
  closed(response: ServerResponse): void {
    const { req: request, statusCode, writableFinished } = response;
    // A hit before the framework, which has told of itself.
    if ((request as Counted)[COUNTED]) return;
    this.count(routeOf(request) ?? UNMATCHED, writableFinished ? statusCode : ABORTED);
  }

  /** What was no request has been refused. */
  refused(status: number): void {
    this.count(UNPARSED, status);
  }

  /** Hears of the requests to `server` by itself. */
  watch(server: Server): void {
    const { counts } = { counts: this };
    function onClose(this: ServerResponse): void {
      counts.closed(this);
    }
    // In front of those who listen, and not beside them: who is alone may answer before all others.
    const listeners = server.rawListeners('request') as RequestListener[];
    server.removeAllListeners('request');
    server.on('request', (request, response) => {
      response.on('close', onClose);
      for (const listener of listeners) listener.call(server, request, response);
    });
  }

  /** Hears of the hits that are answered before the framework. */
  hearHits(fastPath: HitTeller): void {
    fastPath.onHit?.((request, route, status) => {
      (request as Counted)[COUNTED] = true;
      this.count(route, status);
    });
  }

  read(take: Take): void {
    for (const [route, statuses] of this.counts) {
      for (const [status, count] of statuses) {
        take('breakwater_http_requests_total', count, { route, status: String(status) });
      }
    }
  }

  private count(route: string, status: number | string): void {
    let statuses = this.counts.get(route);
    if (!statuses) this.counts.set(route, (statuses = new Map<number | string, number>()));
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
}
