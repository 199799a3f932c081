/** Carries errors from the process that led a flight to those that waited for it. */
export interface ErrorCodec {
  /** What others need in order to make the same error, as JSON knows it; `undefined` if they cannot. */
  encode(error: unknown): unknown;
  /** The error that {@link encode} told of. May throw on what is not its own. */
  decode(told: unknown): Error;
}
