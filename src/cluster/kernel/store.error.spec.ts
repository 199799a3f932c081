import { describe, expect, it } from '@jest/globals';
import {
  StoreCommandError,
  StoreUnavailableError,
  answeredError,
  failureReason,
  storeFailure,
} from './store.error.js';

type Row = [
  kind: string,
  error: typeof StoreUnavailableError | typeof StoreCommandError,
  away: boolean,
  demoted: boolean,
  failure: ReturnType<typeof storeFailure>,
];

const ANSWERS: Row[] = [
  ['BUSY', StoreUnavailableError, true, false, 'away'],
  ['CLUSTERDOWN', StoreUnavailableError, true, false, 'away'],
  ['LOADING', StoreUnavailableError, true, false, 'away'],
  ['MASTERDOWN', StoreUnavailableError, true, false, 'away'],
  ['READONLY', StoreUnavailableError, true, true, 'away'],
  ['ASK', StoreUnavailableError, false, false, 'away'],
  ['MOVED', StoreUnavailableError, false, false, 'away'],
  ['TRYAGAIN', StoreUnavailableError, false, false, 'away'],
  ['NOREPLICAS', StoreCommandError, false, false, 'away'],
  ['OOM', StoreCommandError, false, false, 'full'],
  ['MISCONF', StoreCommandError, false, false, 'refused'],
  ['NOPERM', StoreCommandError, false, false, 'refused'],
  ['ERR', StoreCommandError, false, false, 'refused'],
];

describe('what the store answers with', () => {
  it.each(ANSWERS)(
    '%s: who sent the command gets a %p, all others are concerned: %s, the server is another one: %s, and it means %s',
    (kind, type, away, demoted, failure) => {
      const said = answeredError(`${kind} for some reason`);
      expect(said).toEqual({ error: expect.any(type), away, demoted });
      expect(storeFailure(said.error)).toBe(failure);
      // A store of the application's own may tell by the kind.
      expect(storeFailure(new StoreCommandError(kind, 'by another store'))).toBe(failure);
    },
  );

  it('is an error of the command where it has no name, or one that is none of the store', () => {
    for (const answer of ['something went wrong', 'constructor', '']) {
      const { error } = answeredError(answer);
      expect(error).toMatchObject({ kind: 'ERR', message: answer });
    }
    expect(storeFailure(new StoreCommandError('constructor', ''))).toBe('refused');
    expect(storeFailure(new TypeError('not of the store'))).toBe('refused');
  });

  it('is a missing permission where a script is told so in words', () => {
    for (const words of ['ACL failure in script: no key', "The user executing the script can't"]) {
      expect(answeredError(`ERR ${words}`).error).toMatchObject({ kind: 'NOPERM' });
    }
  });
});

describe('why a connection failed', () => {
  it('is told in words, of several addresses those of the first', () => {
    expect(failureReason(new Error('refused'))).toBe('refused');
    expect(failureReason(new TypeError())).toBe('TypeError');
    expect(failureReason('closed')).toBe('closed');
    expect(failureReason(new AggregateError([new Error('first'), new Error('second')]))).toBe(
      'first',
    );
    expect(failureReason(new AggregateError([]))).toBe('AggregateError');
  });
});
