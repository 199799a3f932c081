/** The flight was led by another process, whose call failed. */
export class RemoteFlightError extends Error {
  override readonly name = 'RemoteFlightError';
  readonly code = 'BREAKWATER_REMOTE_FLIGHT';

  constructor(
    message: string,
    /** `name` of the error there. */
    readonly remoteName: string,
    /** `code` of the error there, if it had one. */
    readonly remoteCode: string | undefined,
    /** `status` of the error there (HTTP), if it had one. */
    readonly status: number | undefined,
  ) {
    super(message);
  }
}
