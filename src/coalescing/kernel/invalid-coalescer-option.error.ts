import { CoalescingError } from './coalescing.error.js';

/** An option is not acceptable. The message quotes its path and value. */
export class InvalidCoalescerOptionError extends CoalescingError {
  override readonly name = 'InvalidCoalescerOptionError';
  readonly code = 'BREAKWATER_INVALID_COALESCER_OPTION';

  constructor(
    /** Where the option stands, such as `coalescers.prices.maxFlights`. */
    readonly path: string,
    /** The offending value. */
    readonly value: unknown,
    expected: string,
  ) {
    super(`Coalescing option "${path}" must be ${expected}, got ${quote(value)}`);
  }
}

function quote(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
