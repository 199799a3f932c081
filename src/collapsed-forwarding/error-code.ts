/** The protocol's error codes that the node gives itself; those of the origin are passed as they are. */
export const ErrorCode = {
  /** Indefinite: whether the operation has happened, or will, is not known. */
  Timeout: 0,
  NotSupported: 10,
  TemporarilyUnavailable: 11,
  MalformedRequest: 12,
  /** Indefinite: something broke. */
  Crash: 13,
} as const;
