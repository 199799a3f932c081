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

  it('keeps cookies, hop-by-hop headers and the insides of the backend back', () => {
    expect(
      passedHeaders({
        'set-cookie': ['sid=1'],
        connection: 'keep-alive',
        'keep-alive': 'timeout=5',
        'transfer-encoding': 'chunked',
        server: 'internal/1.2',
        'x-powered-by': 'x',
        'x-circuit-state': 'open',
      }),
    ).toEqual([]);
  });

  it('keeps a header back that Connection nominates', () => {
    expect(passedHeaders({ connection: 'close, ETag', etag: '"1"', vary: 'Accept' })).toEqual([
      ['vary', 'Accept'],
    ]);
  });
});
