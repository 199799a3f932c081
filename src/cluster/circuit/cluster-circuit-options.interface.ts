import { OptionReader, wholeNumber } from '../../ground/index.js';
import { aNamespace } from '../kernel/resolve-lease-settings.js';

/** How the instances of a cluster share circuits. */
export interface ClusterCircuitOptions {
  /** Instances that must have reported failures for a circuit to open for all. @default 2 */
  readonly quorum?: number | undefined;
  /** What the keys and the channel begin with. @default 'bw1' */
  readonly namespace?: string | undefined;
  /**
   * Milliseconds that a probe waits at most for the other instances to agree; then the instance
   * decides alone.
   * @default 300
   */
  readonly permitMs?: number | undefined;
  /** Milliseconds after which failures further apart do not count together. @default 60_000 */
  readonly windowMs?: number | undefined;
}

/** {@link ClusterCircuitOptions} with the defaults filled in. */
export type ResolvedClusterCircuitOptions = Readonly<Required<ClusterCircuitOptions>>;

const DEFAULTS: ResolvedClusterCircuitOptions = {
  quorum: 2,
  namespace: 'bw1',
  permitMs: 300,
  windowMs: 60_000,
};

/** Without the namespace, which in a module is that of the leases. */
export const SHARED_CIRCUIT_OPTIONS = new OptionReader<Omit<ClusterCircuitOptions, 'namespace'>>({
  quorum: wholeNumber(1, 1_000),
  permitMs: wholeNumber(1, 60_000),
  windowMs: wholeNumber(1, 86_400_000),
});

export const CLUSTER_CIRCUIT_OPTIONS = new OptionReader<ClusterCircuitOptions>({
  ...SHARED_CIRCUIT_OPTIONS.rules,
  namespace: aNamespace,
});

/** Fills in the defaults, checks and freezes. @throws InvalidOptionError */
export function resolveClusterCircuitOptions(
  options?: ClusterCircuitOptions,
): ResolvedClusterCircuitOptions {
  return Object.freeze(CLUSTER_CIRCUIT_OPTIONS.read(options, 'circuits', DEFAULTS));
}
