import { Inject, Injectable } from '@nestjs/common';
import { up } from '../ground/index.js';
import type { HealthResult } from '../ground/index.js';
import { GatewayService } from './gateway.service.js';
import type { GatewayForecast } from './observe/forecast.js';

/** What health says of a gateway. */
export interface GatewayReport {
  readonly mode: 'on' | 'observe';
  /** What would have become of the requests, where it observes. */
  readonly forecast?: GatewayForecast;
}

/** Reports to @nestjs/terminus whether the gateway is on, or only observes and what it foretells; always `up`. */
@Injectable()
export class GatewayHealthIndicator {
  constructor(@Inject(GatewayService) private readonly gateway: GatewayService) {}

  /** @param key name of the indicator in the report */
  check<Key extends string = 'gateway'>(
    key: Key = 'gateway' as Key,
  ): HealthResult<Key, 'up', GatewayReport> {
    const forecast = this.gateway.forecast();
    return up(
      key,
      forecast === undefined ? { mode: 'on' as const } : { mode: 'observe' as const, forecast },
    );
  }

  /** The same: there are no names in it. @param key name of the indicator in the report @default 'gateway' */
  brief<Key extends string = 'gateway'>(
    key: Key = 'gateway' as Key,
  ): HealthResult<Key, 'up', GatewayReport> {
    return this.check(key);
  }
}
