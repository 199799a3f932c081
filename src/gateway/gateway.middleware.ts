import { Inject, Injectable } from '@nestjs/common';
import type { NestMiddleware } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { GatewayService } from './gateway.service.js';

/**
 * Has the gateway answer the requests of the paths that it is applied to, and hands on those that no rule is
 * for.
 *
 * @example
 * consumer.apply(GatewayMiddleware).forRoutes('legacy/*path');
 */
@Injectable()
export class GatewayMiddleware implements NestMiddleware {
  constructor(@Inject(GatewayService) private readonly gateway: GatewayService) {}

  use(request: IncomingMessage, response: ServerResponse, next: () => void): void {
    if (this.gateway.serves(request)) this.gateway.handle(request, response);
    else next();
  }
}
