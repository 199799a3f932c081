/** An option has a value that cannot work. Thrown when a circuit is declared, never later. */
export class CircuitOptionsError extends TypeError {
  override readonly name = 'CircuitOptionsError';
  readonly code = 'BREAKWATER_CIRCUIT_OPTIONS';

  constructor(
    /** Where the option stands, such as `circuits.payments.policy.failures`. */
    readonly path: string,
    /** What the option has to be. */
    readonly expected: string,
    /** What it is. */
    readonly value: unknown,
  ) {
    super(`${path} must be ${expected}, got ${quote(value)}`);
  }
}

function quote(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'object' && value !== null)
    return Array.isArray(value) ? 'an array' : 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}
