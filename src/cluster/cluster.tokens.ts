/** Injection token of the {@link Store} that the cluster stands on. */
export const CLUSTER_STORE = 'breakwater:cluster:store';

/** The `node:diagnostics_channel` on which every {@link LeaseEvent} of the process is published. */
export const CLUSTER_CHANNEL = 'breakwater:cluster';
