import type { ClusterService } from '../cluster/index.js';
import type { MetricSource, Observe, Take } from './metric-sources.js';

/** What the membership in a cluster tells. */
export class ClusterSource implements MetricSource {
  readonly groups = ['cluster'] as const;

  /** @param cluster what is in the service's place may be less */
  constructor(private readonly cluster: Partial<ClusterService>) {}

  start(observe: Observe): () => void {
    const stop = this.cluster.onStoreAnswer?.(({ durationMs }) => {
      observe('breakwater_cluster_store_round_trip_seconds', durationMs / 1_000);
    });
    return stop ?? (() => undefined);
  }

  read(take: Take): void {
    const health = this.cluster.health?.();
    if (!health) return;
    const { status, counters } = health;
    take('breakwater_cluster_up', status === 'up' ? 1 : 0);
    take('breakwater_cluster_store_up', this.cluster.reachesStore ? 1 : 0);
    take('breakwater_cluster_leases', counters.leading);
    take('breakwater_cluster_claims', counters.claiming);
    take('breakwater_cluster_outbox_entries', counters.outboxSize);
    take('breakwater_cluster_invalidations_pending', counters.invalidationsPending);
    take('breakwater_cluster_leads_total', counters.leads);
    take('breakwater_cluster_waits_total', counters.waits);
    take('breakwater_cluster_fenced_total', counters.fenced);
    take('breakwater_cluster_lost_total', counters.lost);
    for (const [reason, count] of Object.entries(counters.takeovers)) {
      take('breakwater_cluster_takeovers_total', count, { reason });
    }
    for (const [reason, count] of Object.entries(counters.degraded)) {
      take('breakwater_cluster_degraded_total', count, { reason });
    }
  }
}
