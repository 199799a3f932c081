/** Why something failed, in words for the log: never more than a client library says of an address. */
export function failureReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A name with several addresses fails with an error for each, and no message of its own.
  if (error instanceof AggregateError && error.message === '' && error.errors.length > 0) {
    return failureReason(error.errors[0]);
  }
  return error.message || error.name;
}
