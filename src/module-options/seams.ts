/**
 * Injection tokens by which modules find each other without loading each other: what stands behind one is
 * large, or needs packages that are optional.
 */

/** The `ClusterService`, where the cluster is there. */
export const CLUSTER_SERVICE = 'breakwater:cluster:service';

/** What tells which route a request would come to, and what would become of it: `RoutesModule` has it. */
export const ROUTE_EXPLAINER = 'breakwater:routes:explainer';
