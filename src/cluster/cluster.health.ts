import { Injectable } from '@nestjs/common';
import { up } from '../ground/index.js';
import type { HealthResult } from '../ground/index.js';
import { ClusterService } from './cluster.service.js';
import type { ClusterHealth } from './cluster.service.js';

/** What health says about the cluster. */
export interface ClusterReport extends Omit<ClusterHealth, 'status'> {
  readonly cluster: ClusterHealth['status'];
}

/**
 * Reports the cluster to `@nestjs/terminus`. Always up: without the store each instance serves what it
 * would serve if it were alone.
 */
@Injectable()
export class ClusterHealthIndicator {
  constructor(private readonly cluster: ClusterService) {}

  /** @param key under which the report stands @default 'cluster' */
  check<Key extends string = 'cluster'>(
    key = 'cluster' as Key,
  ): HealthResult<Key, 'up', ClusterReport> {
    const { status, ...health } = this.cluster.health();
    return up(key, { cluster: status, ...health });
  }

  /**
   * Whether the cluster is up or degraded, and no more, for whoever may ask.
   *
   * @param key under which the report stands @default 'cluster'
   */
  brief<Key extends string = 'cluster'>(
    key = 'cluster' as Key,
  ): HealthResult<Key, 'up', Pick<ClusterReport, 'cluster'>> {
    return up(key, { cluster: this.cluster.health().status });
  }
}
