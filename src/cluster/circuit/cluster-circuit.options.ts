import { OptionReader, oneOf, wholeNumber } from '../../ground/index.js';
import { aLeaseMs, aNamespace } from '../kernel/index.js';

/** How the instances of a cluster share circuits. */
export interface ClusterCircuitOptions {
  /** Instances that must have reported failures for a circuit to open for all. @default 2 */
  readonly quorum?: number | undefined;
  /**
   * Whether the circuits of all instances are one: their failures and successes are counted together, and
   * none opens by itself while the store answers. For instances so near to the store that a call may wait
   * for it. @default false
   */
  readonly together?: boolean | undefined;
  /** What the keys and the channel begin with. @default 'bw1' */
  readonly namespace?: string | undefined;
  /**
   * Milliseconds that a probe waits at most for the other instances to agree; then the instance
   * decides alone.
   * @default 300
   */
  readonly permitMs?: number | undefined;
  /**
   * Milliseconds after which the place of a prober that shows no sign of life is free; a prober that
   * lives renews it three times within them. In a module: `leaseMs` of the leases.
   * @default 5_000
   */
  readonly leaseMs?: number | undefined;
  /** Milliseconds after which failures further apart do not count together. @default 60_000 */
  readonly windowMs?: number | undefined;
}

/** {@link ClusterCircuitOptions} with the defaults filled in. */
export type ResolvedClusterCircuitOptions = Readonly<Required<ClusterCircuitOptions>>;

const DEFAULTS: ResolvedClusterCircuitOptions = {
  quorum: 2,
  together: false,
  namespace: 'bw1',
  permitMs: 300,
  leaseMs: 5_000,
  windowMs: 60_000,
};

/** What a module takes: the rest is that of its leases. */
export type SharedCircuitOptions = Omit<ClusterCircuitOptions, 'namespace' | 'leaseMs'>;

export const SHARED_CIRCUIT_OPTIONS = new OptionReader<SharedCircuitOptions>({
  quorum: wholeNumber(1, 1_000),
  together: oneOf(true, false),
  permitMs: wholeNumber(1, 60_000),
  windowMs: wholeNumber(1, 86_400_000),
});

export const CLUSTER_CIRCUIT_OPTIONS = new OptionReader<ClusterCircuitOptions>({
  ...SHARED_CIRCUIT_OPTIONS.rules,
  namespace: aNamespace,
  leaseMs: aLeaseMs,
});

/** Fills in the defaults, checks and freezes. @throws InvalidOptionError */
export function resolveClusterCircuitOptions(
  options?: ClusterCircuitOptions,
): ResolvedClusterCircuitOptions {
  return Object.freeze(CLUSTER_CIRCUIT_OPTIONS.read(options, 'circuits', DEFAULTS));
}
