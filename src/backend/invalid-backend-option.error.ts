/** An option cannot work. The message quotes its path and value. Thrown at start, never later. */
export class InvalidBackendOptionError extends Error {
  override readonly name = 'InvalidBackendOptionError';
  readonly code = 'BREAKWATER_INVALID_BACKEND_OPTION';

  constructor(
    /** Where the option stands, such as `backend.timeoutMs`. */
    readonly path: string,
    /** The offending value. */
    readonly value: unknown,
    expected: string,
  ) {
    const quoted = typeof value === 'string' ? JSON.stringify(value) : String(value);
    super(`Backend option "${path}" must be ${expected}, got ${quoted}`);
  }
}
