import { describe, expect, it } from '@jest/globals';
import { passedHeaders } from './passed-headers.js';

describe('passedHeaders', () => {
  it('passes what describes the answer', () => {
    expect(
      passedHeaders({ 'content-type': 'text/plain', etag: '"1"', vary: ['Accept', 'Origin'] }),
    ).toEqual([
      ['content-type', 'text/plain'],
      ['etag', '"1"'],
      ['vary', 'Accept, Origin'],
    ]);
  });

  it.each([
    ...['set-cookie', 'age', 'cache-status'],
    ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding'],
    ...['upgrade', 'proxy-authenticate', 'content-length'],
    ...['server', 'via', 'x-powered-by', 'x-circuit-state'],
  ])('keeps %s back: it is one caller’s, one connection’s, or of the backend’s insides', (name) => {
    expect(passedHeaders({ [name]: 'x' })).toEqual([]);
  });

  it('keeps a header back that Connection nominates', () => {
    expect(passedHeaders({ connection: 'close, ETag', etag: '"1"', vary: 'Accept' })).toEqual([
      ['vary', 'Accept'],
    ]);
  });
});
