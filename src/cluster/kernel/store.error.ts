/** The store is away, hung, or too busy to take another command; nothing is known about the command. */
export class StoreUnavailableError extends Error {
  readonly code = 'BREAKWATER_STORE_UNAVAILABLE';
  override readonly name = 'StoreUnavailableError';

  constructor(reason: string) {
    super(`The shared store is unavailable: ${reason}`);
  }
}

/** The store refused a command: out of memory, no permission, a defect. */
export class StoreCommandError extends Error {
  readonly code = 'BREAKWATER_STORE_COMMAND';
  override readonly name = 'StoreCommandError';

  constructor(
    /** The first word of the store's answer: `OOM`, `NOPERM`, `MISCONF`, `ERR`. */
    readonly kind: string,
    message: string,
  ) {
    super(message);
  }
}

/**
 * What an answer says of the store rather than of the command:
 *
 * - `away`: it answers every other command alike, until it is itself again.
 * - `demoted`: so does this server; the one that takes writes is reached by another connection.
 * - `moving`: the place of this key is changing hands; other keys are not concerned.
 * - `short`: it takes no writes until it has its replicas back.
 * - `full`: it has no memory for this.
 */
type Condition = 'away' | 'demoted' | 'moving' | 'short' | 'full';

/** Every answer that is not about the command, by its first word. */
const CONDITIONS: ReadonlyMap<string, Condition> = new Map([
  ['BUSY', 'away'],
  ['CLUSTERDOWN', 'away'],
  ['LOADING', 'away'],
  ['MASTERDOWN', 'away'],
  ['READONLY', 'demoted'],
  // What is left of a redirection that the client could not follow.
  ['ASK', 'moving'],
  ['MOVED', 'moving'],
  ['TRYAGAIN', 'moving'],
  ['NOREPLICAS', 'short'],
  ['OOM', 'full'],
]);

/** What an error that the store has answered with means for whoever sent the command. */
export interface AnsweredError {
  readonly error: StoreCommandError | StoreUnavailableError;
  /** Whether every other command is going to be answered alike. */
  readonly away: boolean;
  /** Whether this connection leads to a server that no longer takes writes. */
  readonly demoted: boolean;
}

/** Sorts an error that the store has answered with by its first word. */
export function answeredError(answer: string): AnsweredError {
  const kind = answerKind(answer);
  const condition = CONDITIONS.get(kind);
  const demoted = condition === 'demoted';
  const away = demoted || condition === 'away';
  const error =
    away || condition === 'moving'
      ? new StoreUnavailableError(answer)
      : new StoreCommandError(kind, answer);
  return { error, away, demoted };
}

/** The first word of an error that the store has answered with. */
export function answerKind(answer: string): string {
  // Scripts are told of a missing permission in words.
  if (/ACL failure in script|user executing the script can't/.test(answer)) return 'NOPERM';
  return /^[A-Z][A-Z0-9]*(?= |$)/.exec(answer)?.[0] ?? 'ERR';
}

/**
 * What the failure of a command means: the store is `away` and may come back, it is `full`, or it
 * refuses the command for good.
 */
export function storeFailure(error: unknown): 'away' | 'full' | 'refused' {
  if (error instanceof StoreUnavailableError) return 'away';
  const condition = error instanceof StoreCommandError ? CONDITIONS.get(error.kind) : undefined;
  if (condition === undefined) return 'refused';
  return condition === 'full' ? 'full' : 'away';
}

/** Why something failed, in words for the log: never more than a client library says of an address. */
export function failureReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A name with several addresses fails with an error for each, and no message of its own.
  if (error instanceof AggregateError && error.message === '' && error.errors.length > 0) {
    return failureReason(error.errors[0]);
  }
  return error.message || error.name;
}
