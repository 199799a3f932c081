/** What a call waited for when its time was over. */
export type ForwardPhase = 'connect' | 'head' | 'idle' | 'total';

/**
 * What became of a call without a whole answer. `refused`, `unreachable`: there was no connection · `timeout`:
 * see the phase; in `idle` the head was out · `closed`: the connection closed before the head was there ·
 * `invalid`: what came is no answer that can be handed on · `truncated`: the connection closed within the
 * body · `unsendable`: the request cannot be written · `aborted`: by its owner, or its client · `too-large`:
 * its body is over its bound · `stalled`: its client has stopped to send it.
 */
export type ForwardFailure =
  | 'refused'
  | 'unreachable'
  | 'timeout'
  | 'closed'
  | 'invalid'
  | 'truncated'
  | 'unsendable'
  | 'aborted'
  | 'too-large'
  | 'stalled';

/** A call that has no whole answer. */
export class ForwardError extends Error {
  readonly code = 'BREAKWATER_FORWARD_FAILED';

  constructor(
    readonly failure: ForwardFailure,
    cause: unknown,
    /** Which time was over. */
    readonly phase?: ForwardPhase,
  ) {
    super(`backend call: ${phase === undefined ? failure : `${failure} (${phase})`}`, { cause });
  }
}
