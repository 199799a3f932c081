import { describe, it } from '@jest/globals';
import { expectLinear } from '../ground/testing/hostile-text.js';
import { csv } from './csv.js';
import { InvalidParametersError, requestParameters } from './route-request.js';
import { mayBeShared } from './may-be-shared.js';

/** What a stranger gets is a value or 400. */
function orRefused(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (error instanceof InvalidParametersError) return undefined;
    throw error;
  }
}

describe('what a stranger sends takes time in proportion to its length', () => {
  it('in the query', () => {
    expectLinear(['&', '=', 'a', 'b', '%41', '+', ';', '%', '%ff', '[]', '?', '#', ''], (text) =>
      orRefused(() => requestParameters(`/p?${text}`, { id: '7' })),
    );
  });

  it('in a list of a parameter', () => {
    const schema = csv();
    expectLinear([',', ' ', 'a', 'b', '\t', '\u00a0', '\u2028'], (text) => schema.safeParse(text));
  });

  it('in Cache-Control', () => {
    expectLinear(
      [',', ' ', ';', '=', '"', '\\', 'private', 'no-store', '\t', 'a'],
      (cacheControl) =>
        mayBeShared({ cacheControl, vary: undefined, hasSetCookie: false }, new Set()),
    );
  });

  it('in Vary', () => {
    expectLinear([',', ' ', '*', 'accept', 'origin', '\t', '-'], (vary) =>
      mayBeShared({ cacheControl: undefined, vary, hasSetCookie: false }, new Set(['origin'])),
    );
  });
});
