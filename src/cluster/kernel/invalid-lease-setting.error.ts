/** A setting of the cluster is not acceptable. The message quotes its path and value. */
export class InvalidLeaseSettingError extends Error {
  override readonly name = 'InvalidLeaseSettingError';
  readonly code = 'BREAKWATER_INVALID_LEASE_SETTING';

  constructor(
    /** Where the setting stands, such as `cluster.leaseMs`. */
    readonly path: string,
    /** The offending value. */
    readonly value: unknown,
    expected: string,
  ) {
    super(`Cluster setting "${path}" must be ${expected}, got ${quote(value)}`);
  }
}

function quote(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
