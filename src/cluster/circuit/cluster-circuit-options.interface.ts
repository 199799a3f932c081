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

/** Fills in the defaults. @throws RangeError that quotes the option and its value */
export function resolveClusterCircuitOptions(
  options: ClusterCircuitOptions = {},
): ResolvedClusterCircuitOptions {
  const resolved = {
    quorum: options.quorum ?? 2,
    namespace: options.namespace ?? 'bw1',
    permitMs: options.permitMs ?? 300,
    windowMs: options.windowMs ?? 60_000,
  };
  check('quorum', resolved.quorum, isWhole(resolved.quorum, 1, 1_000));
  check('namespace', resolved.namespace, /^[\w.-]{1,32}$/.test(resolved.namespace));
  check('permitMs', resolved.permitMs, isWhole(resolved.permitMs, 1, 60_000));
  check('windowMs', resolved.windowMs, isWhole(resolved.windowMs, 1, 86_400_000));
  return Object.freeze(resolved);
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

function check(option: string, value: number | string, valid: boolean): void {
  if (!valid) throw new RangeError(`circuits.${option}: ${value} is out of range`);
}
