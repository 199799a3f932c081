import { Injectable } from '@nestjs/common';
import { up } from '../ground/index.js';
import type { HealthResult } from '../ground/index.js';
import { CachingService } from './caching.service.js';
import type { CachingHealth } from './caching.service.js';

/** How many outages a report names. */
const MAX_REPORTED = 20;

/** A backend that fails while stale values stand in for it. */
export interface ReportedOutage {
  /** When the first refresh failed, as ISO 8601 says it. */
  readonly since: string;
  /** What the last failure said. */
  readonly reason: string;
  /** Refreshes that have failed since. */
  readonly failures: number;
}

/** What health says about the caches: the tiers by name, and backends that fail. */
export interface CachingReport {
  readonly caches: number;
  /** Refreshes that fail behind stale values, by their backend or else their cache: at most 20. */
  readonly outages: Readonly<Record<string, ReportedOutage>>;
  readonly tiers: Readonly<Record<string, CachingHealth['memory']>>;
}

/** What anybody may know of the caches. */
export interface BriefCachingReport {
  readonly tiers: Readonly<Record<string, Pick<CachingHealth['memory'], 'status'>>>;
}

/**
 * Reports the tiers to `@nestjs/terminus`. Always up: without a tier there is more to compute, and
 * nothing that cannot be served.
 */
@Injectable()
export class CachingHealthIndicator {
  constructor(private readonly caching: CachingService) {}

  /** @param key under which the report stands @default 'caching' */
  check<Key extends string = 'caching'>(
    key = 'caching' as Key,
  ): HealthResult<Key, 'up', CachingReport> {
    const { memory, tiers } = this.caching.health();
    const outages = [...this.caching.outages()]
      .slice(0, MAX_REPORTED)
      .map(([name, outage]) => [name, { ...outage, since: new Date(outage.since).toISOString() }]);
    const report: CachingReport = {
      caches: [...this.caching.all()].length,
      outages: Object.fromEntries(outages) as Record<string, ReportedOutage>,
      tiers: Object.fromEntries([
        ['memory', memory],
        ...tiers.map(({ name, ...health }) => [name, health] as const),
      ]),
    };
    return up(key, report);
  }

  /**
   * Whether each tier is up or degraded, and no more, for whoever may ask.
   *
   * @param key under which the report stands @default 'caching'
   */
  brief<Key extends string = 'caching'>(
    key = 'caching' as Key,
  ): HealthResult<Key, 'up', BriefCachingReport> {
    const { memory, tiers } = this.caching.health();
    const states = [{ name: 'memory', ...memory }, ...tiers].map(
      ({ name, status }) => [name, { status }] as const,
    );
    return up(key, { tiers: Object.fromEntries(states) });
  }
}
