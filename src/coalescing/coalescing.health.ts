import { Injectable } from '@nestjs/common';
import { up } from '../ground/index.js';
import type { HealthResult } from '../ground/index.js';
import { CoalescingService } from './coalescing.service.js';
import type { CoalescingReport } from './coalescing.service.js';

/**
 * Reports flights and stuck loaders to `@nestjs/terminus`. Always up: a hung backend is no reason to
 * take the process out of the load balancer, but a reason to be seen.
 */
@Injectable()
export class CoalescingHealthIndicator {
  constructor(private readonly coalescing: CoalescingService) {}

  /** @param key under which the report stands @default 'coalescing' */
  check<Key extends string = 'coalescing'>(
    key = 'coalescing' as Key,
  ): HealthResult<Key, 'up', CoalescingReport> {
    return up(key, this.coalescing.report());
  }

  /**
   * The numbers of {@link check} alone, for whoever may ask: names of coalescers can come from requests.
   *
   * @param key under which the report stands @default 'coalescing'
   */
  brief<Key extends string = 'coalescing'>(
    key = 'coalescing' as Key,
  ): HealthResult<Key, 'up', Pick<CoalescingReport, 'flights' | 'stuck'>> {
    const { flights, stuck } = this.coalescing.report();
    return up(key, { flights, stuck });
  }
}
