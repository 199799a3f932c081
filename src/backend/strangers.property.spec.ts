import { describe, it } from '@jest/globals';
import { expectLinear } from '../ground/testing/hostile-text.js';
import { sortHeaders } from './backend-answer.js';

describe("what a backend's header says takes time in proportion to its length", () => {
  const pieces = [' ', '\t', 'a', ',', ';', '"', '=', 'etag', '\u00a0'];

  it('in a field that is passed on', () => {
    expectLinear(pieces, (text) => sortHeaders({ etag: text, vary: [text, text] }));
  });

  it('in several Content-Types', () => {
    expectLinear([...pieces, 'a/b', '/'], (text) => sortHeaders({ 'content-type': [text, text] }));
  });

  it('in a cookie', () => {
    expectLinear(pieces, (text) => sortHeaders({ 'set-cookie': [text] }));
  });

  it('in Connection', () => {
    expectLinear(pieces, (text) => sortHeaders({ connection: text, etag: '"a"' }));
  });
});
