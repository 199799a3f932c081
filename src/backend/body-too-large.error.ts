/** The body of an answer is larger than is accepted. What is left of it is not read. */
export class BodyTooLargeError extends Error {
  readonly code = 'BREAKWATER_BODY_TOO_LARGE';

  constructor(
    /** The largest that is accepted, in bytes. */
    readonly maxBytes: number,
  ) {
    super(`body of over ${maxBytes} bytes`);
  }
}
