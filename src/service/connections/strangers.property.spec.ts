import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { expectLinear } from '../../ground/testing/hostile-text.js';
import { refuseMalformed } from '../../http/index.js';

/** Whether a request is refused that has these fields, or this target. */
function isRefused(fields: Readonly<Record<string, string>>, url = '/'): boolean {
  const request = new IncomingMessage(new Socket());
  const headers = { host: 'x', ...fields };
  Object.assign(request, { url, httpVersion: '1.1', headers });
  request.rawHeaders.push(...Object.entries(headers).flat());
  return refuseMalformed(request, new ServerResponse(request));
}

describe('what a stranger sends as a head takes time in proportion to its length', () => {
  it('in the target', () => {
    expectLinear(['/', '%41', '#', '[', 'http://', '@', ':', '?', '..', 'a', '*', '\\'], (text) => {
      isRefused({}, text);
      isRefused({}, `http://${text}`);
    });
  });

  it('in Host', () => {
    expectLinear(['a', '.', '%41', '[', ']', ':', '1', '@', 'v1.', '-'], (host) => {
      isRefused({ host });
    });
  });

  it('in Transfer-Encoding', () => {
    expectLinear([',', ' ', '\t', 'chunked', 'gzip', ';', '"', '='], (encoding) => {
      isRefused({ 'transfer-encoding': encoding });
    });
  });

  it('and what is valid passes', () => {
    expect(isRefused({})).toBe(false);
    expect(isRefused({ 'transfer-encoding': 'gzip, Chunked ' }, 'http://x/a?b')).toBe(false);
    expect(isRefused({ 'transfer-encoding': 'chunked, gzip' })).toBe(true);
  });
});
