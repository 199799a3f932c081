const MAX_QUOTED = 100;

/**
 * An option has a value that cannot work, or there is no such option. The message quotes where it stands,
 * what it is and what it has to be. Thrown where the option is given: at start, at a declaration, or by
 * the call that it is an option of.
 */
export class InvalidOptionError extends TypeError {
  override readonly name = 'InvalidOptionError';
  readonly code = 'BREAKWATER_INVALID_OPTION';

  constructor(
    /** Where the option stands, such as `circuits.payments.policy.failures`. */
    readonly path: string,
    /** What it is. */
    readonly value: unknown,
    /** What it has to be. */
    readonly expected: string,
  ) {
    super(`Option "${path}" must be ${expected}, got ${quote(value)}`);
  }
}

function quote(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.length > MAX_QUOTED ? `${value.slice(0, MAX_QUOTED)}…` : value);
    case 'function':
      return 'a function';
    case 'bigint':
      return `${value}n`;
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? 'an array' : 'an object';
    default:
      return String(value);
  }
}
