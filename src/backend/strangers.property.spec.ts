import { describe, it } from '@jest/globals';
import { expectLinear } from '../clock/testing/hostile-text.js';
import { passedHeaders, setCookies } from './passed-headers.js';

describe("what a backend's header says takes time in proportion to its length", () => {
  const pieces = [' ', '\t', 'a', ',', ';', '"', '=', 'etag', '\u00a0'];

  it('in a field that is passed on', () => {
    expectLinear(pieces, (text) => passedHeaders({ etag: text, vary: [text, text] }));
  });

  it('in a cookie', () => {
    expectLinear(pieces, (text) => setCookies({ 'set-cookie': [text] }));
  });

  it('in Connection', () => {
    expectLinear(pieces, (text) => passedHeaders({ connection: text, etag: '"a"' }));
  });
});
