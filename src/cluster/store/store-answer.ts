import { StoreCommandError } from './store-command.error.js';
import { StoreUnavailableError } from './store-unavailable.error.js';

/** Answers by which a store says that it cannot work now, not that the command is wrong. */
const AWAY = new Set(['LOADING', 'MASTERDOWN', 'READONLY', 'CLUSTERDOWN', 'BUSY', 'TRYAGAIN']);
/** What is left of a redirection that the client could not follow. */
const MOVING = new Set(['MOVED', 'ASK']);

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
  const kind = kindOf(answer);
  const away = AWAY.has(kind);
  const error =
    away || MOVING.has(kind)
      ? new StoreUnavailableError(answer)
      : new StoreCommandError(kind, answer);
  return { error, away: away && kind !== 'TRYAGAIN', demoted: kind === 'READONLY' };
}

function kindOf(answer: string): string {
  // Scripts are told of a missing permission in words.
  if (/ACL failure in script|user executing the script can't/.test(answer)) return 'NOPERM';
  return /^[A-Z][A-Z0-9]*(?= |$)/.exec(answer)?.[0] ?? 'ERR';
}
